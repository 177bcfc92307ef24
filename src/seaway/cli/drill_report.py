"""Reports of drills: as data, signed with the key of the backups, kept one file for each."""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from seaway.durable import make_folder, write_whole
from seaway.engine.drill import Compared, Drill, Tried
from seaway.model.backup import Saving

DRILLS = "drills"
"""The folder of reports in that of the stack."""
SIGNATURE = "signature"
Report = Mapping[str, object]


def kept(
    folder: Path, drill: Drill, savings: Sequence[Saving], key: bytes
) -> tuple[Path, Report]:  # fmt: skip
    """The file it is in, and what is in it."""
    report = _report(drill, savings)
    signed = {**report, SIGNATURE: _signature(key, report)}
    make_folder(folder / DRILLS, 0o700)
    file = folder / DRILLS / f"{drill.began:%Y%m%d-%H%M%S}.json"
    write_whole(file, json.dumps(signed, indent=2, ensure_ascii=False), durable=True)
    return file, signed


def history(folder: Path) -> tuple[Report, ...]:
    """All that were kept, the oldest first."""
    files = sorted((folder / DRILLS).glob("*.json"))
    return tuple(json.loads(file.read_text(encoding="utf-8")) for file in files)


def last_held(folder: Path) -> datetime | None:
    """When the last drill began; None where there was none."""
    reports = history(folder)
    return datetime.fromisoformat(str(reports[-1]["began"])) if reports else None


def genuine(report: Report, key: bytes) -> bool:
    """Whether it is as it was written, by whoever has the key."""
    rest = {name: value for name, value in report.items() if name != SIGNATURE}
    return hmac.compare_digest(str(report.get(SIGNATURE, "")), _signature(key, rest))


def listed(report: Report, name: str) -> Sequence[Mapping[str, object]]:
    """What is listed under that name."""
    found = report.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []  # pyright: ignore[reportUnknownVariableType] -- any JSON


def problems_of(report: Report) -> Sequence[str]:
    """In words."""
    return words_of(report, "problems")


def words_of(report: Report, name: str) -> Sequence[str]:
    """The texts under that name."""
    found = report.get(name)
    return [str(each) for each in found] if isinstance(found, list) else []  # pyright: ignore[reportUnknownArgumentType,reportUnknownVariableType] -- any JSON


def _signature(key: bytes, report: Report) -> str:
    return hmac.digest(key, json.dumps(report, sort_keys=True).encode(), "sha256").hex()


def _report(drill: Drill, savings: Sequence[Saving]) -> Report:
    goals: Mapping[str, Saving] = {each.store: each for each in savings}
    return {
        "stack": drill.stack, "environment": drill.environment, "release": drill.release,
        "began": drill.began.isoformat(), "rto_seconds": drill.took.total_seconds(),
        "stores": [_store(each, goals[each.store]) for each in drill.rows],
        "journey": [_line(each) for each in drill.tour.lines],
        "journey_not_tried_for": list(drill.tour.real),
        "problems": list(drill.problems(savings)),
    }  # fmt: skip


def _line(line: Tried) -> dict[str, object]:
    return {
        "id": line.id, "says": line.says._asdict(), "passed": line.passed,
        "seen": line.seen._asdict(), "seconds": round(line.took.total_seconds(), 1),
    }  # fmt: skip


def _store(row: Compared, goal: Saving) -> dict[str, object]:
    return {
        "store": row.store, "part": row.part, "bytes": row.size, "as_of": row.as_of.isoformat(),
        "rpo_seconds": row.lag.total_seconds(),
        "rpo_goal_seconds": goal.rpo.total_seconds() if goal.rpo is not None else None,
        "rto_goal_seconds": goal.rto.total_seconds() if goal.rto is not None else None,
        "same": row.same, "changed": row.moved, "differs": list(row.differs),
        "references": row.references, "newer": row.newer, "dangling": list(row.dangling),
    }  # fmt: skip
