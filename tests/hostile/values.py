"""What nobody should send: for any field of any form, and for the cells of a file."""

from hypothesis import strategies as st

MEGABYTE = "x" * 1_000_000

NASTY = [
    "a\0b",
    "\0",
    "",
    " ",
    "\u200b\u2060\ufeff",
    "💻" * 60,
    "\u202egnp.exe\u2066",
    "\ud800 alone",
    "ﷺ" * 90,  # NFKC spells each of them out in eighteen
    "x" * 5001,
    "'\"<script>%s{{ 7*7 }}{0}\\",
    "a\r\nSet-Cookie: a=b",
    "1,234.56,7",
    "true",
    "[]",
    '{"a": null}',
    "0001-01-01",
    "0001-01-01T00:00",
    "9999-12-31",
    "9999-12-31T23:59",
    "2026-02-30",
    "2026-03-29T02:30",  # an hour that Stockholm leaves out
    "eva@acme.example",
    "a@" + "b" * 300 + ".example",
    "user-",
    "user-99999999999999999999999999",
    "space-\0",
    "=cmd|' /c calc'!a1",
    "../../etc/passwd",
]

NUMBERS = [
    "9" * 26,
    "-1",
    "²",
    "0",
    "-" + "9" * 26,
    "9" * 5000,
    "1e999999999",
    "NaN",
    "-Infinity",
    "0x1f",
    "٣",
    "2147483648",
    "9223372036854775808",
    "1.5",
]

CHARACTERS = st.characters(exclude_categories=())  # surrogates, too


def texts(foreign):
    """`foreign` are keys of another company's rows."""
    return st.one_of(
        st.sampled_from(NASTY),
        st.sampled_from(NUMBERS),
        st.sampled_from(foreign),
        st.text(CHARACTERS, max_size=200),
        st.integers().map(str),
        st.floats().map(str),
        st.dates().map(str),
        st.datetimes().map(lambda moment: moment.isoformat()[:16]),
        st.sampled_from([*NASTY, MEGABYTE]),
    )


def filled_in(fields, foreign):
    """A way to fill in a form that stands there as `fields`, pairs of name and value: a list of (name, text), in which
    each field is something else than meant, as it was, missing, or there twice; or a file (bytes) instead of a text."""
    hostile = texts(foreign)
    keys = st.one_of(st.sampled_from(NUMBERS), st.sampled_from(foreign), hostile)
    ways = []
    for name, value in fields:
        as_meant = st.just([(name, value)])
        other = st.tuples(st.just(name), keys if value.isdecimal() else hostile)
        ways.append(
            st.one_of(
                other.map(lambda pair: [pair]),
                as_meant,
                other.map(lambda pair: [pair]),
                as_meant,
                st.just([]),
                st.lists(other, min_size=2, max_size=3),
                st.just([(name, b"\x89PNG\0 no text")]),
            )
        )
    return st.tuples(*ways).map(lambda parts: [pair for part in parts for pair in part])
