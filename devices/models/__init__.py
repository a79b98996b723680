from .assignment import Assignment
from .changing import FlowOff, MoveRefused
from .device import Device
from .event import Event, Nameplate
from .note import Note

__all__ = ["Assignment", "Device", "Event", "FlowOff", "MoveRefused", "Nameplate", "Note"]
