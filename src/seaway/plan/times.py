"""Times: when something with a schedule is due next."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim


def next_time(schedule: str, zone: str, after: datetime) -> datetime:
    """The first time that five cron fields, read in a time zone, name after a moment; in UTC.

    Raises:
        cronsim.CronSimError: not a schedule; `check` has found it before.
    """
    return next(CronSim(schedule, after.astimezone(ZoneInfo(zone)))).astimezone(UTC)
