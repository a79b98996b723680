"""What somebody fills in on the pages of an import."""

from collections import Counter
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import uploads
from accounts.importing import cells
from accounts.importing.columns import Columns
from accounts.models import User
from accounts.spreadsheets import NotATable, Table
from devices.models import Device, Import

from .bringing import Bringing, kind_named, kinds, kinds_in_words
from .choices import headers_key, own_headers
from .shapes import PEOPLE, shape_of
from .values import DateOrder

SAMPLED_ROWS, SAMPLES = 200, 5
# Of a cell, of which sixty are shown: the page waits.
SAMPLED_CHARACTERS = 1000


class UploadForm(forms.Form):
    """The list, and what it is of. What is no table is refused before anything is stored."""

    file = forms.FileField(
        label=gettext_lazy("List, as CSV"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,text/csv"}),
    )
    kind = forms.ChoiceField(label=gettext_lazy("What it lists"), required=False)

    def __init__(self, *args: Any, too_large: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            ("", _("Tell it by the headers")),
            *kinds_in_words(),
        ]
        size = {"size": settings.UPLOAD_LIMIT // 2**20}
        self.fields["file"].help_text = (
            _("Up to %(size)d MB. Nothing is stored in the register before you say so.") % size
        )
        if too_large:
            self.fields["file"].error_messages["required"] = (
                _("The file is larger than %(size)d MB. Divide it into smaller lists.") % size
            )

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        try:
            self.table = Table(upload.file)
            self.samples = _samples(self.table)
        except NotATable as problem:
            raise ValidationError(str(problem)) from problem
        if not any(self.samples):
            raise ValidationError(_("The file has headers, but no rows below them."))
        if _is_of_people(self.table.headers):
            raise ValidationError(
                _(
                    "This is a list of people. Add people under Users. Whoever has a device comes along with the list "
                    "of devices, if that has a column with their email addresses."
                )
            )
        return upload

    def saved(self, *, by: User) -> Import:
        """The import, with the list in the database, and with what was decided for the last one of these headers.
        Belongs inside a transaction. `is_known` says whether its columns need no choosing."""
        assert by.company is not None
        file = self.cleaned_data["file"]
        headers, key = self.table.headers, headers_key(self.table.headers)
        # One that was only uploaded says nothing: its columns were never looked at.
        before = by.company.imports.filter(headers_key=key, findings__has_key="counts").order_by("-pk")
        brought = self._kind_of(headers, before.first())
        last = before.filter(kind=brought.kind).first()
        fields = Columns(headers, brought.aliases).chosen
        known = shape_of(headers, brought.shapes)
        if last is not None:
            fields = _as_last_time(headers, last.fields)
            known = known or _("%(name)s, as last time") % {"name": last.name}
        self.is_known = bool(known) and brought.suffice(fields)
        facts = {"encoding": self.table.encoding, "delimiter": self.table.delimiter, "shape": known}
        file.file.seek(0)
        return Import.objects.create(
            company=by.company,
            kind=brought.kind,
            who=by,
            name=file.name[-255:],
            upload=uploads.store(by.company.pk, file.name, iter(lambda: file.file.read(uploads.PART), b"")),
            headers_key=key,
            fields=fields,
            dates=last.dates if last else "",
            statuses=last.statuses if last else {},
            emptied=last.emptied if last else [],
            findings={"headers": self.table.headers, "samples": self.samples, **facts},
        )

    def _kind_of(self, headers: list[str], last: Import | None) -> type[Bringing]:
        """What was chosen; else what is known by its headers; else as the last list with these headers; else whatever
        has fields for most of the columns."""
        if chosen := self.cleaned_data["kind"]:
            return kind_named(chosen)
        if known := [brought for brought in kinds() if shape_of(headers, brought.shapes)]:
            return known[0]
        if last is not None:
            return kind_named(last.kind)
        return max(kinds(), key=lambda brought: len(list(filter(None, Columns(headers, brought.aliases).chosen))))


def _samples(table: Table) -> list[list[str]]:
    """Up to five values of each column, from the first rows."""
    found: list[dict[str, None]] = [{} for _header in table.headers]
    for _number, row in zip(range(SAMPLED_ROWS), table, strict=False):
        for values, cell in zip(found, row.cells, strict=False):
            if len(values) < SAMPLES and (text := cells.shortened(cells.line(cell[:SAMPLED_CHARACTERS]))):
                values[text] = None
    return [list(values) for values in found]


def _is_of_people(headers: list[str]) -> bool:
    """Whether it is known as a list of people, and has no column by which it could be one of anything else."""
    others = (brought.suffice(Columns(headers, brought.aliases).chosen) for brought in kinds())
    return bool(shape_of(headers, PEOPLE)) and not any(others)


def _as_last_time(headers: list[str], fields: list[str]) -> list[str]:
    """The fields of the last list, whose headers were the same but for the column of reasons behind them."""
    own = fields[: len(own_headers(headers))]
    return own + [""] * (len(headers) - len(own))


def _offered(status: str, statuses: list[tuple[str, Any]]) -> str:
    """The status if it is among these, else the first one."""
    return status if status in dict(statuses) else statuses[0][0]


class ColumnsForm(forms.Form):
    """Which column is which field; and for each field whether an empty cell keeps what is there."""

    def __init__(self, *args: Any, batch: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.headers: list[str] = batch.findings["headers"]
        self._brought = kind_named(batch.kind)
        labels = self._brought.labels
        choices = [("", _("Not used")), *labels.items()]
        for place, (header, field) in enumerate(zip(self.headers, batch.fields, strict=True)):
            label = header or _("column %(number)d, without a header") % {"number": place + 1}
            self.fields[f"column_{place}"] = forms.ChoiceField(
                choices=choices, required=False, initial=field, label=label
            )
        if may_be_emptied := self._brought.may_be_emptied:
            self.fields["emptied"] = forms.MultipleChoiceField(
                choices=[(name, labels[name]) for name in may_be_emptied],
                required=False,
                initial=batch.emptied,
                label=_("An empty cell empties the field"),
                help_text=_("For all others it keeps what is there."),
                widget=forms.CheckboxSelectMultiple,
            )
        self._batch = batch

    def rows(self) -> list[tuple[Any, list[str]]]:
        """Each column's field of the form, and its samples."""
        samples = self._batch.findings["samples"]
        return [(self[f"column_{place}"], samples[place]) for place in range(len(self.headers))]

    @property
    def chosen(self) -> list[str]:
        return [self.cleaned_data.get(f"column_{place}", "") for place in range(len(self.headers))]

    def clean(self) -> None:
        chosen = self.chosen
        if not self._brought.suffice(chosen):
            raise ValidationError(self._brought.choose)
        counted = Counter(filter(None, chosen))
        for place, name in enumerate(chosen):
            if counted[name] > 1:
                words = {"field": self._brought.labels[name]}
                self.add_error(f"column_{place}", _("Another column is chosen as %(field)s, too: keep one.") % words)


class DecisionsForm(forms.Form):
    """What the rehearsal found that has to be decided."""

    dates = forms.ChoiceField(
        label=gettext_lazy("How the list writes dates"),
        choices=[
            (DateOrder.US.value, gettext_lazy("Month first: 1/31/2026")),
            (DateOrder.DAY_FIRST.value, gettext_lazy("Day first: 31/1/2026")),
        ],
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, batch: Import, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._batch = batch
        decide = batch.findings.get("decide", {})
        if examples := decide.get("dates"):
            self.initial["dates"] = batch.dates or decide.get("date_order")
            self.fields["dates"].help_text = _("In the list: %(examples)s") % {"examples": " · ".join(examples)}
        else:
            del self.fields["dates"]
        meanings = kind_named(batch.kind).meanings(batch.company)
        counted = decide.get("statuses", [])
        self._texts = [text for text, _count in counted]
        for place, (text, count) in enumerate(counted):
            header = cells.shortened(decide.get("status_header", ""))
            words = {"column": header, "text": cells.shortened(text), "count": count}
            self.fields[f"status_{place}"] = forms.ChoiceField(
                label=_("%(column)s “%(text)s”, %(count)d ×") % words,
                choices=meanings,
                initial=_offered(batch.statuses.get(text, ""), meanings),
            )

    @property
    def differs(self) -> bool:
        """Whether what was sent with it is not what the import has, or no answer at all."""
        return any(name in self.data for name in self.fields) and self.has_changed()

    @property
    def decided(self) -> dict[str, Any]:
        """What to save on the import; of the texts of statuses, a blank for Active. What was decided of others, which
        this list lacks, stays for lists that have them."""
        decided: dict[str, Any] = {}
        if "dates" in self.cleaned_data:
            decided["dates"] = self.cleaned_data["dates"]
        if self._texts:
            chosen = {text: self.cleaned_data[f"status_{place}"] for place, text in enumerate(self._texts)}
            decided["statuses"] = self._batch.statuses | {
                text: "" if status == Device.Status.ACTIVE else status for text, status in chosen.items()
            }
        return decided
