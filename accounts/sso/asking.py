"""One request to a provider, careful of whatever may answer: https, no redirects, a few kilobytes, and an end to it."""

import io
import os
import ssl
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from socket import socket
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.utils import DEFAULT_CA_BUNDLE_PATH

from .protocols import is_trusted
from .reaching import connect, left

BYTES = 2**18


class Careful(BaseAdapter):
    """How a session of `requests` asks. All that is asked by it is over at one moment, `until` (of `monotonic`), which
    does not move: a timeout of sockets begins anew with each byte, so a server that drips could take for ever."""

    def __init__(self, until: float) -> None:
        super().__init__()
        self._until = until

    def send(self, request: requests.PreparedRequest, *args: Any, verify: Any = True, **kwargs: Any) -> Any:
        """Raises RequestException, and ValueError for an answer that is too long. Proxies of the environment are not
        asked: they would choose the address."""
        address = request.url or ""
        if not is_trusted(address):
            raise requests.exceptions.InvalidSchema(address)
        try:
            return self._answer(request, address, verify)
        except ssl.SSLError as error:
            raise requests.exceptions.SSLError(address) from error
        except TimeoutError as error:
            raise requests.exceptions.Timeout(address) from error
        except (OSError, HTTPException) as error:
            raise requests.exceptions.ConnectionError(address) from error

    def _answer(self, request: requests.PreparedRequest, address: str, verify: Any) -> requests.Response:
        parts = urlsplit(address)
        host, is_https = parts.hostname or "", parts.scheme == "https"
        port = parts.port or (443 if is_https else 80)
        line = connect(host, port, self._until)
        with _tls(line, host, verify, self._until) if is_https else line as line:
            asking = HTTPConnection(host, port)
            asking.sock = _Line(line, self._until)
            its_own = {"Host": parts.netloc.rpartition("@")[2], "Connection": "close", "Accept-Encoding": "identity"}
            asking.request(request.method or "", request.path_url, request.body, {**request.headers, **its_own})
            return _read(asking.getresponse(), request)

    def close(self) -> None:
        """Nothing stays open."""


class _Line:
    """What HTTPConnection needs of a socket, with one end to all of it."""

    def __init__(self, line: socket, until: float) -> None:
        self._line, self._until = line, until

    def sendall(self, content: bytes) -> None:
        self._line.settimeout(left(self._until))
        self._line.sendall(content)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Heard(self._line, self._until))

    def close(self) -> None:
        """Whoever has opened it closes it."""


class _Heard(io.RawIOBase):
    """What comes from the other end."""

    def __init__(self, line: socket, until: float) -> None:
        self._line, self._until = line, until

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._line.settimeout(left(self._until))
        return self._line.recv_into(buffer)


def _tls(line: socket, host: str, verify: Any, until: float) -> ssl.SSLSocket:
    """TLS for the name, whichever of its addresses the line leads to."""
    try:
        line.settimeout(left(until))
        context = _trusting(verify if isinstance(verify, str) else DEFAULT_CA_BUNDLE_PATH)
        return context.wrap_socket(line, server_hostname=host)
    except OSError:
        line.close()
        raise


@cache
def _trusting(authorities: str) -> ssl.SSLContext:
    """By the authorities of this file or folder: those of certifi, or what REQUESTS_CA_BUNDLE names."""
    if os.path.isdir(authorities):
        return ssl.create_default_context(capath=authorities)
    return ssl.create_default_context(cafile=authorities)


def _read(answer: HTTPResponse, request: requests.PreparedRequest) -> requests.Response:
    content = answer.read(BYTES + 1)
    if len(content) > BYTES:
        raise ValueError("too long")
    made = requests.Response()
    made.status_code, made.reason = answer.status, answer.reason
    made.headers.update(answer.headers.items())
    made.url, made.request = request.url or "", request
    made._content, made._content_consumed = content, True  # type: ignore[attr-defined]
    return made
