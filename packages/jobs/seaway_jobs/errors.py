"""All errors of the queue, and the two ways a task can say what shall become of its job."""

from datetime import timedelta


class JobsError(Exception):
    """Something the queue cannot do."""


class Superseded(JobsError):
    """The job is not ours any more: somebody took it over. Nothing was written."""


class DatabaseAway(JobsError):
    """The database was not there for longer than the lease."""


class SchemaTooOld(JobsError):
    """The tables are missing, or older than this version needs."""


class InTransaction(JobsError):
    """The connection given for an effect is in a transaction already."""


class GiveUp(JobsError):
    """No retry can mend it: the job is dead, with this reason."""


class TryAgain(JobsError):
    """Not now: the job waits for `after` and is tried again."""

    def __init__(self, *, after: timedelta, reason: str = "", counts: bool = False) -> None:
        super().__init__(reason)
        self.after = after
        self.reason = reason
        self.counts = counts
