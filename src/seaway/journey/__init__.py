"""What a stack's `journey.py` is written with: its lines, the system it visits, and HTTP.

This is the public face; everything else of Seaway is not for journeys.
"""

from seaway.journey.acceptance import Both, Evidence, Failed, Journey, Line, NotTried, expect, until
from seaway.journey.http import Answer, Http, NoAnswer
from seaway.journey.load import Load, load
from seaway.journey.recovery import recovered
from seaway.journey.system import Done, Found, Instance, System

__all__ = [
    "Answer",
    "Both",
    "Done",
    "Evidence",
    "Failed",
    "Found",
    "Http",
    "Instance",
    "Journey",
    "Line",
    "Load",
    "NoAnswer",
    "NotTried",
    "System",
    "expect",
    "load",
    "recovered",
    "until",
]
