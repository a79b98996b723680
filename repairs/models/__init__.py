from .loan import ReplacementLoan
from .mdm import MDMRelease
from .repair import Repair

__all__ = ["MDMRelease", "Repair", "ReplacementLoan"]
