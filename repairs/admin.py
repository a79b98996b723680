"""Repairs and MDM releases, as Velory Support reads them."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.support import OpenFilter, ReadOnlyAdmin
from devices.models import Device

from .models import MDMRelease, Repair


@admin.register(Repair)
class RepairAdmin(ReadOnlyAdmin):
    list_display = ("device", "company", "holder", "problem", "outcome", "opened_at", "closed_at")
    list_filter = (("closed_at", OpenFilter), "outcome", "problem")
    list_select_related = ("device", "company", "holder_user", "holder_space")
    search_fields = ("device__name", "device__serial_number", "reporter__full_name", "holder_user__full_name")
    readonly_fields = ("holder",)
    fieldsets = (
        (None, {"fields": ("company", "device", "holder", "payor")}),
        (_("The request"), {"fields": ("reporter", "opened_at", "problem", "description")}),
        (_("Backup"), {"fields": ("backup", "backup_by", "backup_at")}),
        (_("With IT"), {"fields": ("taken_in_at", "taken_in_by", "mdm_release")}),
        (_("The outcome"), {"fields": ("outcome", "closed_at", "closed_by", "replacement", "may_order", "cost")}),
        (_("From a list"), {"fields": ("brought_in", "reference")}),
    )

    @admin.display(description=_("holder"))
    def holder(self, repair: Repair) -> object:
        return repair.holder


@admin.register(MDMRelease)
class MDMReleaseAdmin(ReadOnlyAdmin):
    list_display = ("device", "company", "state", "requested_at", "requested_of", "closed_at", "closed_by")
    list_filter = ("state",)
    list_select_related = ("repair__device", "company", "requested_of", "closed_by")
    search_fields = ("repair__device__name", "repair__device__serial_number")
    ordering = ("-requested_at",)
    fields = ("company", "repair", "state", "requested_at", "requested_of", "closed_at", "closed_by")

    @admin.display(description=_("device"), ordering="repair__device__name")
    def device(self, release: MDMRelease) -> Device:
        return release.repair.device
