"""No value of an export runs in a spreadsheet, however that divides the file into cells."""

import pytest

from accounts.formulas import guarded


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain; - but", "plain;' - but"),  # a Swedish Excel would begin a cell behind the semicolon
        ("a;=1+1;+2", "a;'=1+1;'+2"),
        ('a;"=1+1"', 'a;\'"=1+1"'),
        ("a\n=1", "a\n'=1"),
        ("a\r\n@x", "a\r\n'@x"),
        ("a\t-1", "a\t'-1"),
        ("a\u2028=1", "a\u2028'=1"),
        ("\ufeff=1", "'\ufeff=1"),
        ("\u200b\u2060 =1", "'\u200b\u2060 =1"),
        ("＝1", "'＝1"),
        ("x;＋1;－1;＠1", "x;'＋1;'－1;'＠1"),
        ("a=b - c; d@e.example", "a=b - c; d@e.example"),
        ("C02-XK1", "C02-XK1"),
        ("'=1", "'=1"),
        (None, ""),
        (-5, "'-5"),
    ],
)
def test_no_part_of_a_value_begins_a_formula(value, written):
    assert guarded(value) == written


def test_a_megabyte_of_semicolons_is_guarded_at_once():
    assert guarded(";= " * 300_000).count("'") == 300_000
    assert guarded("; " * 500_000 + " " * 500_000).count("'") == 0
