"""Times in the rows of tables, which are reckoned once for all rows of a date."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts import clock
from velory import jinja
from velory.templatetags import ui

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("days", [0, 1, 2, 6, 7, 8, 27, 28, 29, 30, 31, 59, 60, 364, 365, 366, 800])
def test_a_row_says_how_long_as_every_other_page_does(days):
    for seconds in (-3600, -1, 0, 1, 90, 3600):
        start = NOW - timedelta(days=days, seconds=seconds)
        with clock.at(NOW):
            assert jinja.how_long(start) == ui.how_long(start), start
