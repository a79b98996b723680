"""A field for choosing one person or space, which works for a company of one and of a hundred thousand.

Where there are few to choose among it is a list. Where there are many one types whom or what one means, and the server
reads it: an email address, "Name <address>", or a name that only one has. Where it may mean several, the form comes
back with these to choose among, and with everything that was typed. A script suggests while one types
(static/js/choosing.js).
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Model
from django.template.loader import render_to_string
from django.urls import reverse_lazy
from django.utils.functional import Promise, cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from .models import Company, Space, User
from .models.named import NamedQuerySet
from .people import told_apart
from .text import clean_email, key_in, name_key, sort_key

# More than these are no list that people still read.
FEW = 50
# So many are suggested, or offered where what was typed may mean several.
OFFERED = 10
_LONGEST = 450
_ADDRESS = re.compile(r"(?:^|[\s<(])([^\s<>()@]+@[^\s<>()@]+)[>)]?$")


class Kind(NamedTuple):
    """Whom or what a field lets one choose among: rows of the company, by how the key of a choice begins."""

    rows: Callable[[Company], Mapping[str, NamedQuerySet]]
    hint: Any  # what one types
    nobody: Any  # what is said where a text means none of them


_BY_NAME, _BY_ADDRESS = _("Name"), _("Name or email address")
_NO_PERSON = _("Nobody is found by that. Type a name as it stands under Users, or an email address.")
_NO_SPACE = _("No space is found by that. Type a name as it stands under Spaces.")

KINDS = {
    "people": Kind(lambda company: {"": company.users.active()}, _BY_ADDRESS, _NO_PERSON),
    "everybody": Kind(lambda company: {"": company.users.known()}, _BY_ADDRESS, _NO_PERSON),
    "spaces": Kind(lambda company: {"": company.spaces.open()}, _BY_NAME, _NO_SPACE),
    "every-space": Kind(lambda company: {"": company.spaces.all()}, _BY_NAME, _NO_SPACE),
    "holders": Kind(
        lambda company: {"user-": company.users.active(), "space-": company.spaces.open()},
        _BY_ADDRESS,
        _("Nobody and nothing is found by that. Type a name as it stands under Users or Spaces, or an email address."),
    ),
}
_GROUPS = {"user-": _("People"), "space-": _("Spaces")}


class Chosen(NamedTuple):
    """What a form says: the key of a choice, and what was typed."""

    key: str = ""
    typed: str = ""


class Chooser:
    """Finds what can be chosen of a kind in a company."""

    def __init__(self, kind: Kind, company: Company, read: list[Any] | None = None) -> None:
        self._among, self._read = kind.rows(company), read

    def row(self, key: str) -> Any:
        """What this key stands for; None where it can't be chosen, be it another company's or nobody's."""
        for begins, rows in self._among.items():
            if key.startswith(begins) and (number := key_in(key.removeprefix(begins))) is not None:
                return rows.filter(pk=number).first()
        return None

    def key(self, row: Model) -> str:
        begins = next(begins for begins, rows in self._among.items() if rows.model is type(row))
        return f"{begins}{row.pk}"

    @cached_property
    def few(self) -> dict[str, list[Any]] | None:
        """All that can be chosen, or None where that is too much for a list."""
        found, left = {}, FEW
        for begins, rows in self._among.items():
            first = list(rows.order_by()[: left + 1]) if self._read is None else self._read
            left -= len(first)
            if left < 0:
                return None
            found[begins] = sorted(first, key=lambda row: (sort_key(str(row)), row.pk))
        return found

    def named(self, text: str) -> list[Any]:
        """Those that the text names in full: by their address, or by their name. A few more than can be offered."""
        if address := _ADDRESS.search(text):
            people = (rows for rows in self._among.values() if rows.model is User)
            found = [person for rows in people for person in rows.filter(email=clean_email(address[1]))]
            if found:
                return found
        called = [row for rows in self._among.values() for row in rows.called(text)[: OFFERED + 1]]
        # Of two names that differ in an accent, the one that was typed.
        return [row for row in called if name_key(str(row)) == name_key(text)] or called

    def found(self, text: str, most: int = OFFERED) -> list[Any]:
        """So many at most that the text may mean."""
        found: list[Any] = []
        for rows in self._among.values():
            found += rows.found(text, most - len(found))
        return found


def words_for(rows: list[Any]) -> list[str]:
    """By which a reader knows each among these."""
    people = dict(told_apart(row for row in rows if isinstance(row, User)))
    return [people.get(row, str(row)) for row in rows]


def text_for(row: User | Space) -> str:
    """What one would type for this one and for no other."""
    return f"{row.full_name} <{row.email}>" if isinstance(row, User) else row.name


class ChooseWidget(forms.Widget):
    """A list of all, or a text with what it may mean."""

    chooser: Chooser

    def __init__(self, kind: str, empty_label: str | Promise) -> None:
        super().__init__()
        self.suggestions, self.hint = reverse_lazy("accounts:suggestions", args=[kind]), KINDS[kind].hint
        self.empty_label = empty_label
        self.offered: list[Any] = []

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> Chosen:
        typed = str(data.get(f"{name}_typed") or "").replace("\0", "").strip()
        return Chosen(str(data.get(name) or ""), typed[:_LONGEST])

    def render(self, name: str, value: Chosen, attrs: Any = None, renderer: Any = None) -> SafeString:
        if not value.typed and self.chooser.few is not None:
            select = forms.Select(choices=self._choices(self.chooser.few))
            return select.render(name, value.key, attrs, renderer)
        typed = value.typed
        if not typed and value.key and (row := self.chooser.row(value.key)) is not None:
            typed = text_for(row)
        attrs = {**(attrs or {}), "autocomplete": "off", "spellcheck": "false", "maxlength": _LONGEST}
        attrs["placeholder"] = self.hint
        context = {
            "input": forms.TextInput().render(f"{name}_typed", typed, attrs, renderer),
            "suggestions": self.suggestions,
            "name": name,
            "id": attrs.get("id", name),
            "offered": [
                (key := self.chooser.key(row), words, key == value.key)
                for row, words in zip(self.offered, words_for(self.offered), strict=True)
            ],
        }
        return render_to_string("_choose.html", context)

    def _choices(self, few: dict[str, list[Any]]) -> list[Any]:
        """As a select takes them, in groups where there are several."""
        choices: list[Any] = [("", self.empty_label)]
        for begins, rows in few.items():
            group = [(self.chooser.key(row), words) for row, words in zip(rows, words_for(rows), strict=True)]
            choices += [(_GROUPS[begins], group)] if begins else group
        return choices


class ChooseField(forms.Field):
    """`kind` is one of KINDS; `offer` says in which company. Cleans to the User or Space, or None."""

    widget: ChooseWidget
    default_error_messages = {
        "invalid_choice": forms.ModelChoiceField.default_error_messages["invalid_choice"],
        "several": _("More than one is called that. Choose one of these."),
        "part": _("That is a part of a name. Choose one of these, or type more."),
        "many": _("Many are found by that. Choose one of these, or type more of the name, or an email address."),
    }

    def __init__(self, kind: str, *, empty_label: str | Promise, **kwargs: Any) -> None:
        super().__init__(widget=ChooseWidget(kind, empty_label), **kwargs)
        self.kind = KINDS[kind]

    def offer(self, company: Company, read: list[Any] | None = None) -> None:
        """`read` are the first `FEW + 1` rows, where somebody has read them already."""
        self.chooser = self.widget.chooser = Chooser(self.kind, company, read)

    def prepare_value(self, value: Any) -> Chosen:
        """Of what a form says, or of what it shows at first."""
        if isinstance(value, Chosen):
            return value
        return Chosen() if value in (None, "") else Chosen(self.chooser.key(value))

    def clean(self, value: Chosen) -> Any:
        row = self._named(value) if value.typed else self._chosen(value.key)
        self.validate(row)
        return row

    def _chosen(self, key: str) -> Any:
        if not key:
            return None
        row = self.chooser.row(key)
        if row is None:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return row

    def _named(self, value: Chosen) -> Any:
        """What was typed, in the light of what was chosen of those that it may mean."""
        named = self.chooser.named(value.typed)
        if len(named) == 1:
            return named[0]
        near = named or self.chooser.found(value.typed, OFFERED + 1)
        for row in near:
            if self.chooser.key(row) == value.key:
                return row
        if not near:
            raise ValidationError(self.kind.nobody, code="nobody")
        self.widget.offered = near[:OFFERED]
        code = "many" if len(near) > OFFERED else "several" if named else "part"
        raise ValidationError(self.error_messages[code], code=code)
