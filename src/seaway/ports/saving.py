"""Saving: what a store's `backup:` means, with what the object store that it names hands out."""

from collections.abc import Mapping

from seaway.model.backup import BESIDE, Destination, Keep, Saving
from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name
from seaway.model.settings.store import Backup
from seaway.model.text import Text
from seaway.ports.component import SecretNeed, Surroundings

KEY = "backup.key"
"""The secret that opens the backups of a system."""
KEY_BYTES = 32


def goes_to(backup: Backup | None) -> tuple[Name, ...]:
    """The component that keeps the backups, as an edge; none for a folder."""
    if backup is None or _is_folder(backup.to):
        return ()
    return (Name(backup.to.partition("/")[0]),)


def key_needs(backup: Backup | None) -> tuple[SecretNeed, ...]:
    """The key of the backups: one for all stores, and never another."""
    if backup is None:
        return ()
    return (SecretNeed(name=KEY, generate=KEY_BYTES, form="hex", rotates=False),)


def saving_of(
    backup: Backup | None, store: Name, part: str, around: Surroundings
) -> tuple[Saving | None, tuple[Finding, ...]]:
    """How a store is saved, and what is wrong with that."""
    if backup is None:
        return None, ()
    given = backup.keep
    keep = (
        Keep(
            daily=given.get("daily", 0),
            weekly=given.get("weekly", 0),
            monthly=given.get("monthly", 0),
        )
        if any(given.values())
        else Keep()
    )
    destination = _destination(backup.to, around)
    findings: list[Finding] = []
    named = [around.exports[each] for each in goes_to(backup) if each in around.exports]
    if any("endpoint" not in each.values for each in named):
        findings.append(Finding(code="SW833", at=Place(path="backup.to"), facts={"to": backup.to}))
    if backup.point_in_time and part != "postgres":
        at = Place(path="backup.point_in_time")
        findings.append(Finding(code="SW834", at=at, severity=Severity.WARNING))
    saving = Saving(
        store=store, part=part, destination=destination, name=backup.name or "", full=backup.full,
        zone=backup.zone, point_in_time=backup.point_in_time, keep=keep, rpo=backup.goals.rpo,
        rto=backup.goals.rto, references=dict(backup.references), drill=backup.drill or "",
    )  # fmt: skip
    return saving, tuple(findings)


def _is_folder(to: str) -> bool:
    return to == BESIDE or to.startswith(("/", "./", "../"))


def _destination(to: str, around: Surroundings) -> Destination:
    if to == BESIDE:
        return Destination(folder=BESIDE)
    if _is_folder(to):
        return Destination(folder=to if to.startswith("/") else f"{around.folder}/{to}")
    name, _, bucket = to.partition("/")
    exports = around.exports.get(Name(name))
    told: Mapping[str, Text] = exports.values if exports else {}
    empty = Text()
    return Destination(
        endpoint=told.get("endpoint", empty), region=told.get("region", empty).written,
        bucket=bucket or told.get("bucket", empty).written or f"{around.stack}-backups",
        access_key=told.get("access_key_id", empty),
        secret_key=told.get("secret_access_key", empty),
    )  # fmt: skip
