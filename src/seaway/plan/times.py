"""Times: when something with a schedule is due next."""

from datetime import UTC, datetime


def next_time(schedule: str, zone: str, after: datetime) -> datetime:
    """The first time that five cron fields, read in a time zone, name after a moment; in UTC.

    Raises:
        cronsim.CronSimError: not a schedule; `check` has found it before.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415 -- slow to load; few stacks have schedules

    from cronsim import CronSim  # noqa: PLC0415 -- see above

    return next(CronSim(schedule, after.astimezone(ZoneInfo(zone)))).astimezone(UTC)
