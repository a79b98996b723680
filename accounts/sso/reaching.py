"""The way to an address that a company's admin, or its provider, has written down.

It leads to public addresses, so that nobody looks round in the server's own network through Velory. A name is looked up
once and the connection goes to the very address that was judged, so none can lead elsewhere a moment later.
"""

import ipaddress
import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

from django.conf import settings

from .turns import AT_ONCE

logger = logging.getLogger(__name__)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# An address of IPv4 behind one of IPv6, for networks that know the latter alone (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

# The system looks names up for as long as it likes, half a minute perhaps. So threads do, for whom nobody waits, and
# there are more of them than are waited for at once.
_resolvers = ThreadPoolExecutor(max_workers=4 * AT_ONCE, thread_name_prefix="looking-up")


class NotPublic(OSError):
    """It leads to an address that Velory does not go to."""


def left(until: float) -> float:
    """Seconds until this moment of `monotonic`. Raises TimeoutError when it has passed."""
    if (seconds := until - monotonic()) <= 0:
        raise TimeoutError
    return seconds


def connect(host: str, port: int, until: float) -> socket.socket:
    """A connection to this host. Raises OSError: it is not found, not public, does not answer, or not until then."""
    found = _looked_up(host, port, until)
    ways = [way for way in found if is_public(str(way[4][0]))]
    if not ways:
        logger.warning("A provider is at %s, where Velory does not go: SSO_INTERNAL_NETWORKS.", found[0][4][0])
        raise NotPublic
    problem: OSError = NotPublic()
    for tried, (family, kind, protocol, _name, address) in enumerate(ways):
        line = socket.socket(family, kind, protocol)
        try:
            # One address that does not answer leaves time for the others.
            line.settimeout(left(until) / (len(ways) - tried))
            line.connect(address)
        except OSError as error:
            line.close()
            problem = error
        else:
            return line
    raise problem


def is_public(address: str) -> bool:
    """Whether Velory goes to this address on a customer's word: anybody's on the internet, those that the installation
    allows, and without HTTPS, so for trying, this very machine."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return all(_is_public(one) for one in (found, *_within(found)))


def _is_public(address: Address) -> bool:
    if any(address in network for network in settings.SSO_INTERNAL_NETWORKS):
        return True
    if address.is_loopback:
        return not settings.HTTPS
    return address.is_global and not address.is_multicast


def _within(address: Address) -> list[Address]:
    """The addresses of IPv4 that one of IPv6 leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour]
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def _looked_up(host: str, port: int, until: float) -> list[Any]:
    asked = _resolvers.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    try:
        return asked.result(left(until))
    except TimeoutError:
        asked.cancel()
        raise
