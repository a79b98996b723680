from .assignment import Assignment
from .bringing import Import, Imported
from .bulk import BulkAction, BulkDevice
from .changing import FlowOff, MoveRefused
from .device import Device
from .event import Event, Nameplate
from .note import Note
from .saved_filter import SavedFilter

__all__ = [
    "Assignment",
    "BulkAction",
    "BulkDevice",
    "Device",
    "Event",
    "FlowOff",
    "Import",
    "Imported",
    "MoveRefused",
    "Nameplate",
    "Note",
    "SavedFilter",
]
