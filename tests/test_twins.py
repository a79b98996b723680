"""What stands in a file twice is found whatever the order in which it is noted and asked for."""

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.importing import twins
from devices.importing.twins import Twins

pytestmark = pytest.mark.one_database
KEYS = st.sampled_from([f"key {number}" for number in range(8)])


@pytest.fixture(autouse=True, scope="module")
def _small_parts():
    """Few parts, sorted often, so that short files meet what happens in long ones."""
    with mock.patch.multiple(twins, PARTS=2, MOST_UNORDERED=3):
        yield


@given(st.lists(KEYS, max_size=60))
def test_the_first_other_line_with_a_key_is_its_twin(keys):
    noted = Twins()
    for line, key in enumerate(keys, start=1):
        noted.add(key, line)
    for line, key in enumerate(keys, start=1):
        others = [other for other, same in enumerate(keys, start=1) if same == key and other != line]
        assert noted.other(key, line) == min(others, default=None)


@given(st.lists(KEYS, max_size=60))
def test_a_key_came_first_where_it_was_first_asked_for_also_if_it_is_asked_again(keys):
    came = Twins()
    for _planned_again in range(2):
        for line, key in enumerate(keys, start=1):
            assert came.first(key, line) == keys.index(key) + 1
