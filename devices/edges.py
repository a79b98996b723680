"""Receivers by edge: `@on_edge(source, target)` instead of a ladder of ifs behind one signal."""

from collections.abc import Callable
from typing import Any

from django_fsm.signals import post_transition

from .models import Device

Receiver = Callable[..., None]


def on_edge(source: str, target: str) -> Callable[[Receiver], Receiver]:
    """Call the function as `function(device, by=…, **facts)` when a move goes from source to target, in the order in
    which the functions stand. They run before the save, inside the transaction; they never save the device."""

    def connect(function: Receiver) -> Receiver:
        def listen(
            instance: Device,
            source: str,
            target: str,
            method_kwargs: dict[str, Any],
            **kwargs: Any,
        ) -> None:
            if (source, target) == edge:
                function(instance, **method_kwargs)

        edge = (source, target)
        name = f"{function.__module__}.{function.__name__}"
        post_transition.connect(listen, sender=Device, weak=False, dispatch_uid=name)
        return function

    return connect
