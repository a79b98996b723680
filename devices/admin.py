"""Devices, their stays and their log, as Velory Support reads them."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.support import OpenFilter, ReadOnlyAdmin, rows_link

from .models import Assignment, Device, Event


@admin.register(Device)
class DeviceAdmin(ReadOnlyAdmin):
    list_display = ("name", "company", "kind", "serial_number", "status", "holder", "payor")
    list_filter = ("status",)
    list_select_related = ("company", "holder_user", "holder_space", "payor")
    search_fields = ("name", "model", "serial_number", "serial_key", "asset_tag", "holder_user__full_name")
    readonly_fields = ("kind", "holder", "last_holder", "log", "stays")
    fieldsets = (
        (None, {"fields": ("company", "name", "status", "status_since", "holder", "payor", "log", "stays")}),
        (_("What it is"), {"fields": ("kind", *Device.DESCRIPTION[2:])}),
        (_("Before"), {"fields": ("last_holder", "last_payor", "registered_at", "archived_at")}),
    )

    @admin.display(description=_("category"), ordering="category")
    def kind(self, device: Device) -> str:
        return device.category_label

    @admin.display(description=_("holder"))
    def holder(self, device: Device) -> object:
        return device.holder or _("Unassigned")

    @admin.display(description=_("previous holder"))
    def last_holder(self, device: Device) -> object:
        return device.last_holder

    @admin.display(description=_("event log"))
    def log(self, device: Device) -> SafeString:
        return rows_link(Event, _("Show the events"), device__id__exact=device.pk)

    @admin.display(description=_("assignments"))
    def stays(self, device: Device) -> SafeString:
        return rows_link(Assignment, _("Show the assignments"), device__id__exact=device.pk)


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    list_display = ("device", "company", "holder", "started_at", "ended_at")
    list_filter = (("ended_at", OpenFilter),)
    linked_by = ("device",)
    list_select_related = ("device", "company", "user", "space")
    search_fields = ("device__name", "device__serial_number", "user__full_name", "space__name")
    fields = ("company", "device", "holder", "started_at", "ended_at")
    readonly_fields = ("holder",)

    @admin.display(description=_("holder"))
    def holder(self, assignment: Assignment) -> object:
        return assignment.holder


class EventList(ChangeList):
    """A page of the log: the names in its lines are fetched for all of them at once."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = self.result_list.with_names()


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = ("occurred_at", "device", "company", "sentence")
    list_display_links = ("sentence",)
    linked_by = ("device",)
    list_select_related = ("device", "company")
    search_fields = ("device__name", "device__serial_number", "actor__name")
    # By key, which is the order of writing and needs no sorting, however long the log has become.
    ordering = ("-id",)
    sortable_by = ()
    fields = ("company", "device", "sequence", "sentence", "occurred_at", "recorded_at", "digest", "previous")
    readonly_fields = ("sentence",)

    @admin.display(description=_("event"))
    def sentence(self, event: Event) -> str:
        return event.sentence

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return EventList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Event | None:
        event = super().get_object(request, object_id, from_field)
        rows: QuerySet[Event] = self.get_queryset(request)
        return rows.filter(pk=event.pk).with_names()[0] if event else None  # type: ignore[attr-defined]
