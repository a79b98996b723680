from .assignment import Assignment
from .changing import MoveRefused
from .device import Device
from .event import Event, Nameplate
from .note import Note

__all__ = ["Assignment", "Device", "Event", "MoveRefused", "Nameplate", "Note"]
