"""Two people, or two tabs, with the same form open: neither overwrites what the other has done."""

from typing import Any, cast

from django import forms
from django.forms.boundfield import BoundField
from django.http import QueryDict
from django.utils.formats import localize
from django.utils.text import Truncator, normalize_newlines
from django.utils.translation import gettext as _

# So many characters of a text are quoted beside its field.
QUOTED = 300


class ComparedForm(forms.ModelForm):
    """A form of something that stands already. It sends along what the page showed, field by field, once
    `compare_with_what_was_shown` was called.

    What somebody else has changed meanwhile stays, and is no change of this person's. Where both have changed the same
    field to different values, it is refused, with the value that it has now beside it; what was typed is kept, and
    saving again, in view of both, puts it in its place.
    """

    overtaken: list[str]

    def compare_with_what_was_shown(self) -> None:
        """For all fields that show what they have: a password or file is never shown."""
        for field in self.fields.values():
            field.show_hidden_initial = not isinstance(field.widget, forms.PasswordInput | forms.FileInput)

    def full_clean(self) -> None:
        self.overtaken = self._catch_up() if self.is_bound else []
        super().full_clean()

    def _clean_form(self) -> None:
        super()._clean_form()  # type: ignore[misc]
        for name in self.overtaken:
            self.add_error(name, self._stands_now(name))

    def _catch_up(self) -> list[str]:
        """Bring what was sent up to what stands now: what the page showed, and with it each field that this person has
        left alone. Returns the names of the fields that both have changed."""
        sent, overtaken = cast(QueryDict, self.data).copy(), []
        for name, field in self.fields.items():
            box, hidden = self[name], field.hidden_widget()
            if not self._says_what_was_shown(box) or field.disabled:
                continue
            now = box.initial
            shown = self._widget_data_value(hidden, box.html_initial_name)  # type: ignore[attr-defined]
            if not _differ(field, now, shown):
                continue
            if box._has_changed() and _differ(field, now, box.data):  # type: ignore[attr-defined]
                overtaken.append(name)
            else:
                sent.setlist(box.html_name, _as_sent(field, field.widget, now))
            sent.setlist(box.html_initial_name, _as_sent(field, hidden, now))
        self.data = sent
        return overtaken

    def _says_what_was_shown(self, box: BoundField) -> bool:
        """Whether the page, if it was one of ours, sent this along. Of several things to choose, none sends nothing."""
        if not box.field.show_hidden_initial:
            return False
        if issubclass(box.field.hidden_widget, forms.MultipleHiddenInput):
            return any(self.add_initial_prefix(name) in self.data for name in self.fields)
        return box.html_initial_name in self.data

    def _stands_now(self, name: str) -> str:
        field, value = self.fields[name], self[name].initial
        if value in (None, "", []):
            return _("Somebody has emptied this since you opened the page. Save again if yours is right.")
        text = _("Somebody has changed this to “%(value)s” since you opened the page. Save again if yours is right.")
        return text % {"value": Truncator(_in_words(field, value)).chars(QUOTED)}


def _differ(field: forms.Field, now: Any, sent: Any) -> bool:
    """Whether what was sent is another value. A browser sends a line's end in its own way, whatever is stored."""
    now, sent = (normalize_newlines(value).strip() if isinstance(value, str) else value for value in (now, sent))
    return field.has_changed(now, sent)


def _as_sent(field: forms.Field, widget: forms.Widget, value: Any) -> list[str]:
    """As a browser sends this value from this widget."""
    if isinstance(widget, forms.CheckboxInput):
        return ["on"] if value else []
    widget.is_localized = field.localize
    shown: Any = widget.format_value(field.prepare_value(value))
    return [str(one) for one in shown] if isinstance(shown, list) else ["" if shown is None else str(shown)]


def _in_words(field: forms.Field, value: Any) -> str:
    """As people read it: of a choice, its words."""
    if isinstance(field, forms.ModelChoiceField):
        keys = value if isinstance(value, list) else [value]
        return ", ".join(field.label_from_instance(row) for row in field.queryset.filter(pk__in=keys))  # type: ignore[union-attr]
    if isinstance(field, forms.ChoiceField):
        return str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
    return str(localize(value))
