"""What a device is: the fields that people fill in, editing them, and notes."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import IntegrityError, models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import clock
from accounts.fields import NameField
from accounts.models import User
from accounts.models.closable import require_admin
from accounts.text import identifier_key
from devices import categories

from .changing import Changing, MoveRefused
from .note import Note
from .status import Status

# Identifiers, and the fields that hold them as they are compared.
COMPARED = {"serial_number": "serial_key", "asset_tag": "asset_tag_key"}
KEY_LENGTH = 400

# Within this time the same words by the same person are a second click.
TWICE = timedelta(minutes=1)


class Describing(Changing):
    """A device's description. Each change of it has its line in the log."""

    # What it is
    name = NameField(gettext_lazy("name"), max_length=100)
    category = NameField(gettext_lazy("category"), max_length=60, default="Laptop")
    manufacturer = NameField(gettext_lazy("manufacturer"), max_length=100, blank=True)
    model = NameField(gettext_lazy("model"), max_length=100, blank=True)
    model_number = NameField(gettext_lazy("model number"), max_length=100, blank=True)
    serial_number = NameField(gettext_lazy("serial number"), max_length=100, blank=True)
    serial_key = models.CharField(max_length=KEY_LENGTH, blank=True, editable=False)
    asset_tag = NameField(gettext_lazy("asset tag"), max_length=100, blank=True)
    asset_tag_key = models.CharField(max_length=KEY_LENGTH, blank=True, editable=False)
    imei = models.CharField(
        gettext_lazy("IMEI"),
        max_length=20,
        blank=True,
        validators=[RegexValidator(r"^\d{14,16}$", gettext_lazy("An IMEI is 14 to 16 digits."))],
    )
    supplier = NameField(gettext_lazy("supplier"), max_length=100, blank=True)
    order_number = NameField(gettext_lazy("order number"), max_length=100, blank=True)
    purchase_date = models.DateField(gettext_lazy("purchase date"), null=True, blank=True)
    purchase_cost = models.DecimalField(
        gettext_lazy("purchase cost"),
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    warranty_end = models.DateField(gettext_lazy("warranty ends"), null=True, blank=True)
    renewal_date = models.DateField(gettext_lazy("renewal date"), null=True, blank=True)

    DESCRIPTION = [
        "name",
        "category",
        "manufacturer",
        "model",
        "model_number",
        "serial_number",
        "asset_tag",
        "imei",
        "supplier",
        "order_number",
        "purchase_date",
        "purchase_cost",
        "warranty_end",
        "renewal_date",
    ]

    if TYPE_CHECKING:  # what Device brings along
        company_id: int
        status: str

    class Meta:
        abstract = True

    @property
    def category_label(self) -> str:
        """The category in the reader's language."""
        return categories.label(self.category)

    def require_editable(self) -> None:
        """Raises MoveRefused for an archived device, which is read-only."""
        if self.status == Status.RECYCLED:
            raise MoveRefused(_("%(device)s is archived and can't be edited.") % {"device": self})

    def edit(self, *, by: User, **fields: Any) -> Self:
        """Change fields of `Device.DESCRIPTION`; each one that really changes has its line in the log. An archived
        device is read-only: MoveRefused. Raises ValidationError as `register` does. Returns the fresh device."""
        try:
            return self._edit(by=by, **fields)
        except IntegrityError:
            # Somebody gave the same serial number or asset tag to another device a moment ago.
            return self._edit(by=by, **fields)

    def _edit(self, *, by: User, **fields: Any) -> Self:
        with self.changing(by=by) as device:
            device.revise(fields, by=by)
        return device

    def add_note(self, text: str, *, by: User) -> Self:
        """Write a note that admins read; the same words a second time, by a second click, are the same note. Returns
        the fresh device."""
        with self.changing(by=by) as device:
            device.note_down(text, by=by)
        return device

    # Inside a change

    def revise(self, fields: Mapping[str, Any], *, by: User) -> None:
        """`edit`, inside a change that is open already."""
        require_admin(by, self.company_id)
        self.require_editable()
        for name, value in fields.items():
            before = getattr(self, name)
            if value != before:
                self.record("field_changed", by=by, field=name, before=_as_text(before), after=_as_text(value))
        self.describe(fields)

    def note_down(self, text: str, *, by: User) -> None:
        """`add_note`, inside a change that is open already."""
        require_admin(by, self.company_id)
        self.require_editable()
        same = Note.objects.filter(company_id=self.company_id, device_id=self.pk, author=by, text=text)
        if same.filter(written_at__gt=clock.now() - TWICE).exists():
            return
        Note.objects.create(company_id=self.company_id, device_id=self.pk, author=by, text=text, written_at=clock.now())
        self.record("note_added", by=by)

    def describe(self, fields: Mapping[str, Any]) -> None:
        """Set fields of `DESCRIPTION` and the forms in which they are compared, and check them. Stores nothing.
        Raises ValidationError."""
        for name, value in fields.items():
            setattr(self, name, value)
        self.clean_fields(exclude={field.name for field in self._meta.fields} - set(self.DESCRIPTION))
        self.identify({})

    def identify(self, fields: Mapping[str, Any]) -> None:
        """`describe`, for serial number and asset tag alone. What it had before is nobody else's."""
        before = {key: getattr(self, key) for key in COMPARED.values()}
        for name, value in fields.items():
            setattr(self, name, value)
        self.refresh_compared()
        if self.pk is None or any(getattr(self, key) != value for key, value in before.items()):
            self.refuse_duplicates()

    def refresh_compared(self) -> None:
        """Set the forms in which serial number and asset tag are compared. Raises ValidationError beside one whose form
        is too long."""
        for name, key in COMPARED.items():
            setattr(self, key, identifier_key(getattr(self, name)))
            if len(getattr(self, key)) > KEY_LENGTH:  # letters that NFKC spells out
                raise ValidationError({name: _("This is too long. Leave out what isn't part of it.")})

    def refuse_duplicates(self) -> None:
        """Raises ValidationError beside `serial_number` or `asset_tag` when another device of the company has it,
        archived ones included. The error's params hold that device."""
        keys = {name: getattr(self, key) for name, key in COMPARED.items()}
        match = models.Q(pk=None)
        for name, value in keys.items():
            if value:
                match |= models.Q(**{COMPARED[name]: value})
        rows: Any = type(self)._default_manager
        same = (
            rows.filter(match, company_id=self.company_id).exclude(pk=self.pk).only("name", *COMPARED.values()).first()
        )
        if same is not None:
            name = next(name for name, key in COMPARED.items() if keys[name] and getattr(same, key) == keys[name])
            refusal = ValidationError(_("%(device)s has this already."), code="duplicate", params={"device": same})
            raise ValidationError({name: refusal})


def _as_text(value: object) -> str | None:
    """A field's value for the log: dates in ISO form, amounts with two decimals, blank as None."""
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return str(value) if value not in (None, "") else None
