"""Whatever may stand at an address that somebody has typed: a server on loopback that does as a test says, byte by
byte."""

import socket
import threading
import time
from contextlib import contextmanager, suppress

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextmanager
def raw_server(behave, context=None):
    """Calls `behave(connection)` for each connection, after TLS where there is a `context`. Yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection):
            with suppress(OSError), connection if context is None else context.wrap_socket(connection, True) as line:
                behave(line)

        def accept():
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=listener.accept()[:1], daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


def answers(content, head=JSON):
    """Answers what it is asked, once."""

    def behave(connection):
        connection.recv(65536)
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % len(content) + content)

    return behave


def drips(first, drop, every=0.1, seconds=5):
    """Says this, and then goes on drop by drop for so long."""

    def behave(connection):
        end = time.monotonic() + seconds
        connection.recv(65536)
        connection.sendall(first)
        while time.monotonic() < end:
            connection.sendall(drop)
            time.sleep(every)

    return behave


def says_nothing(connection):
    """Takes the call, and that is all."""
    time.sleep(5)
