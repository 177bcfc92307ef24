"""All errors. Each carries a code, whose words are in `messages`, and an exit status.

SeawayError
├── UsageError            2   asked for in a way that cannot be
│   └── InvalidStack      2   the stack file has findings
├── StepFailed            1   a step on a target did not work
├── PartMissing           1   a server or tool that is needed is not installed
├── PlanHasChanges        3   asked to tell whether something would change, and it would
├── FindingsReported      4   there are findings at or above the threshold; they have been shown
├── NothingRunning        7   there is nothing to look at
├── LeaseHeld             8   another supervisor keeps this stack
├── WaitTimedOut         17   what was awaited did not come in time
├── AwaitedFailed        18   what was awaited has failed
├── DataRefused           1   would have touched or lost data
├── ReleaseFailed         5   the new release did not get ready; the old one serves
│   └── NotRestored       6   and the old one could not be brought back
└── Interrupted         130   a person pressed Ctrl-C
"""

from collections.abc import Sequence
from typing import ClassVar


class SeawayError(Exception):
    """Base of all: `code` names the words, `facts` fill their gaps."""

    status: ClassVar[int] = 1

    def __init__(self, code: str, /, **facts: object) -> None:
        super().__init__(code, facts)
        self.code = code
        self.facts = facts


class UsageError(SeawayError):
    """Asked for in a way that cannot be."""

    status = 2


class InvalidStack(UsageError):
    """The stack file has findings; they are all here."""

    def __init__(self, findings: Sequence[object]) -> None:
        super().__init__("SW100", count=len(findings))
        self.findings = tuple(findings)


class StepFailed(SeawayError):
    """A step on a target did not work."""


class PartMissing(SeawayError):
    """A server or tool that is needed is not installed."""


class PlanHasChanges(SeawayError):
    """Asked to tell whether something would change, and it would."""

    status = 3


class FindingsReported(SeawayError):
    """There are findings at or above the threshold; they have been shown."""

    status = 4


class NothingRunning(SeawayError):
    """There is nothing to look at."""

    status = 7


class LeaseHeld(SeawayError):
    """Another supervisor keeps this stack."""

    status = 8


class WaitTimedOut(SeawayError):
    """What was awaited did not come in time."""

    status = 17


class AwaitedFailed(SeawayError):
    """What was awaited has failed."""

    status = 18


class DataRefused(SeawayError):
    """Would have touched or lost data."""


class ReleaseFailed(SeawayError):
    """The new release did not get ready; the old one serves."""

    status = 5


class NotRestored(ReleaseFailed):
    """The new release did not get ready and the old one could not be brought back."""

    status = 6


class Interrupted(SeawayError):
    """A person pressed Ctrl-C."""

    status = 130
