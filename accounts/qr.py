"""QR codes as part of a page: under our policy a picture may not come in an address (`data:`)."""

from itertools import groupby

from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode


def qr_path(text: str, *, quiet: int = 4, mask: int | None = None) -> tuple[int, str]:
    """How many modules wide the text's code is, with `quiet` of them left white around it, and its dark ones as the
    path of an SVG. The best `mask` is found by trying all of them, which takes most of the time; any can be read."""
    code = QRCode(error_correction=ERROR_CORRECT_M, border=quiet, mask_pattern=mask)
    code.add_data(text)
    rows = code.get_matrix()
    path = []
    for y, row in enumerate(rows):
        x = 0
        for is_dark, run in groupby(row):
            length = len(list(run))
            if is_dark:
                path.append(f"M{x} {y}h{length}v1h-{length}z")
            x += length
    return len(rows), "".join(path)
