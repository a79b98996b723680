"""Receivers by edge: `@on_edge(source, target)` instead of a ladder of ifs behind one signal."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from django.dispatch import receiver
from django_fsm.signals import post_transition

from .models import Device

Receiver = Callable[..., None]

_standing: dict[tuple[str, str], list[Receiver]] = defaultdict(list)


def on_edge(source: str, target: str) -> Callable[[Receiver], Receiver]:
    """Call the function as `function(device, by=…, **facts)` when a move goes from source to target, in the order in
    which the functions stand. They run before the save, inside the transaction; they never save the device."""

    def connect(function: Receiver) -> Receiver:
        _standing[source, target].append(function)
        return function

    return connect


def receivers_on(source: str, target: str) -> Sequence[Receiver]:
    """Who listens on an edge, in the order in which they are called."""
    return tuple(_standing[source, target])


@receiver(post_transition, sender=Device)
def announce(instance: Device, source: str, target: str, method_kwargs: dict[str, Any], **kwargs: Any) -> None:
    """A device has changed its status in memory: let the edge's receivers do what belongs to it."""
    for function in receivers_on(source, target):
        function(instance, **method_kwargs)
