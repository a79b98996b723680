"""Pictures of every page at three widths, light and dark, to look at: `pytest tests/browser/pages/screenshots.py -n 2`.

They go to var/screenshots/, which git ignores. The file's name keeps it out of the tests.
"""

from pathlib import Path

import pytest

from .every import PAGES

FOLDER = Path("var", "screenshots")


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_take_pictures(page, office, opened):
    tab, _watch = opened(page.who)
    tab.goto(page.address(office))
    if page.act:
        page.act(tab)
    for theme in ("light", "dark"):
        tab.emulate_media(color_scheme=theme)
        for width in (360, 768, 1280):
            tab.set_viewport_size({"width": width, "height": 800})
            name = str(page).replace(": ", " - ").replace("/", " ")
            path = FOLDER / theme / str(width) / f"{name}.png"
            # What lies on top, such as a window, is only seen on a picture of the screen itself.
            on_top = tab.locator("dialog[open], .sidebar:popover-open").count() > 0
            tab.screenshot(path=path, full_page=not on_top)
