"""Sending what no browser would send, and how a browser reads it when it comes back."""

from urllib.parse import quote_plus

BOUNDARY = "a-boundary"


def post(client, address, pairs):
    """POST of the pairs in their order: as a form, or with files among them as several parts."""
    if any(isinstance(value, bytes) for _name, value in pairs):
        kind, body = f"multipart/form-data; boundary={BOUNDARY}", b"".join(map(_part, pairs)) + _END
    else:
        kind = "application/x-www-form-urlencoded"
        body = "&".join(f"{quote_plus(name)}={quote_plus(_bytes(value))}" for name, value in pairs).encode()
    return client.generic("POST", address, body, content_type=kind)


_END = f"--{BOUNDARY}--\r\n".encode()


def _part(pair):
    name, value = pair
    file = '; filename="a.png"' if isinstance(value, bytes) else ""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
    return head.encode() + (value if isinstance(value, bytes) else _bytes(value)) + b"\r\n"


def _bytes(text):
    return text.encode("utf-8", "surrogatepass")


def as_read(text):
    """The text as it stands in a page after it was sent."""
    text = _bytes(text).decode("utf-8", "replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.replace("\r\n", "\n").replace("\r", "\n")
