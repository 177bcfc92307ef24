"""Rollback: an older release is wanted again, as it was: code, routes, configuration, secrets."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from seaway.errors import UsageError
from seaway.model.release import Release
from seaway.model.text import Secret, SecretFile
from seaway.model.workload import Role
from seaway.ports.ledger import Ledger, Verdict
from seaway.ports.vault import Vault


def again(old: Release, now: datetime, verb: str) -> Release:
    """The same, to be recorded anew; `verb` says by whom.

    Without its jobs: they are done, and what they did to the data is not undone by doing it again.
    """
    kept = tuple(each for each in old.workloads if each.role is not Role.JOB)
    return replace(old, number=0, created=now, why=f"{verb} {old.number}", workloads=kept)


def earlier(ledger: Ledger, number: int | None) -> Release:
    """The release to go back to: that number, else the last good one that wants something else.

    Raises:
        UsageError: there is none.
    """
    recorded = ledger.releases(MOST)
    if number is not None:
        found = ledger.find(number)
        if found is None:
            known = ", ".join(str(each.number) for each, _ in recorded)
            raise UsageError("SW555", number=number, known=known or "-")
        return found[0]
    wanted = ledger.wanted()
    now = as_it_serves(wanted) if wanted else None
    for each, verdict in recorded:
        older = wanted is None or each.number < wanted.number
        if older and verdict is Verdict.GOOD and as_it_serves(each) != now:
            return each
    raise UsageError("SW556")


MOST = 1000
"""More than are ever kept."""


def as_it_serves(release: Release) -> Release:
    """What tells two releases apart once they are in place, whoever asked for them and when."""
    kept = tuple(each for each in release.workloads if each.role is not Role.JOB)
    return replace(release, number=0, created=None, why="", trial=False, workloads=kept)


def need(release: Release, vault: Vault) -> None:
    """Return if every secret of it is still there in its version.

    Raises:
        UsageError: one is not.
    """
    for name, version in sorted(set(_versions(release))):
        vault.read(name, version)


def _versions(release: Release) -> Iterator[tuple[str, int]]:
    for workload in release.workloads:
        for text in workload.env.values():
            for hole in text.holes:
                if isinstance(hole, Secret | SecretFile):
                    yield hole.name, hole.version


def jobs_since(
    old: Release, recorded: Sequence[tuple[Release, Verdict]]
) -> tuple[str, ...]:  # fmt: skip
    """Jobs that ran in later releases and not in this one: their work stays in the data."""
    known = {each.digest for each in old.workloads if each.role is Role.JOB}
    return tuple(sorted({
        each.name
        for release, _ in recorded if release.number > old.number
        for each in release.workloads if each.role is Role.JOB and each.digest not in known
    }))  # fmt: skip
