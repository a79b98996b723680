"""When a person, a space or a payor gets another name, their devices are sorted and found by it."""

from typing import Any

from django.db import models, transaction
from django.db.models.signals import post_save, pre_save
from django.dispatch import receiver

from accounts.batches import batched
from accounts.models import Payor, Space, User
from accounts.text import sort_key

from .models import Device

CHUNK = 500
NAMES = {User: "full_name", Space: "name"}


def _may_be_renamed(instance: User | Space, update_fields: frozenset[str] | None) -> bool:
    return not instance._state.adding and (update_fields is None or NAMES[type(instance)] in update_fields)


def _of(instance: User | Space) -> models.QuerySet[Device]:
    """The devices with another name on them than this holder has now."""
    field, key = type(instance).__name__.lower(), sort_key(getattr(instance, NAMES[type(instance)]))
    return Device.objects.filter(
        (models.Q(**{f"holder_{field}": instance}) & ~models.Q(holder_key=key))
        | (models.Q(**{f"last_holder_{field}": instance}) & ~models.Q(last_holder_key=key))
    )


@receiver(pre_save, sender=User)
@receiver(pre_save, sender=Space)
def lock_devices(instance: User | Space, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    """Before the holder's own row, as whoever assigns a device locks them in this order."""
    if _may_be_renamed(instance, update_fields):
        with transaction.atomic():
            list(_of(instance).order_by("pk").select_for_update(no_key=True).values_list("pk"))


@receiver(post_save, sender=User)
@receiver(post_save, sender=Space)
def follow(instance: User | Space, created: bool, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    """Make the keys of these devices anew."""
    if created or not _may_be_renamed(instance, update_fields):
        return
    people = "holder_user", "holder_space", "last_holder_user", "last_holder_space"
    for some in batched(list(_of(instance).select_related(*people).order_by("pk")), CHUNK):
        for device in some:
            device.refresh_keys()
        Device.objects.bulk_update(some, Device.KEYS)


@receiver(pre_save, sender=Payor)
@receiver(post_save, sender=Payor)
def follow_payor(instance: Payor, update_fields: frozenset[str] | None, **kwargs: Any) -> None:
    """What this payor pays for is sorted by it. Before the payor's own row, in the order of an assignment; and behind
    it once more, for what was assigned meanwhile. One statement each: a payor may pay for most of a register."""
    if not instance._state.adding and (update_fields is None or "name" in update_fields):
        key = sort_key(instance.name)
        Device.objects.filter(payor=instance).exclude(payor_key=key).update(payor_key=key)
