"""Which Chromium the browser tests drive: the system's own, nothing downloaded."""

import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")


def find():
    """The path of the first browser there is, or None."""
    return next(filter(None, map(shutil.which, NAMES)), None)
