"""Rows and JSON of what runs."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from seaway.cli.show import Cell, Show, Tone
from seaway.engine.status import Health, Status, WorkloadStatus
from seaway.model.certificate import Certificate
from seaway.model.instance import Instance, Phase
from seaway.model.standing import Standing, Word
from seaway.model.workload import Role

HEALTH_TONES: Mapping[Health, Tone] = {
    Health.HEALTHY: Tone.GOOD,
    Health.CHANGING: Tone.DOUBTFUL,
    Health.DEGRADED: Tone.BAD,
    Health.DOWN: Tone.BAD,
}
PHASE_TONES: Mapping[Phase, Tone] = {
    Phase.PREPARING: Tone.DOUBTFUL,
    Phase.PREPARED: Tone.DOUBTFUL,
    Phase.STARTING: Tone.DOUBTFUL,
    Phase.READY: Tone.GOOD,
    Phase.UNREADY: Tone.DOUBTFUL,
    Phase.SICK: Tone.BAD,
    Phase.STOPPING: Tone.DOUBTFUL,
    Phase.DEAD: Tone.BAD,
    Phase.DONE: Tone.BESIDE,
}


def status_rows(show: Show, seen: Status, names: Sequence[str] = ()) -> list[tuple[Cell, ...]]:
    """A row for each workload; one for each instance too, where there are several or with `-v`."""
    rows: list[tuple[Cell, ...]] = []
    for each in _chosen(seen, names):
        live = [one for one in each.instances if not one.phase.over]
        rows.append(_workload_row(show, each, live, seen.at))
        if len(live) > 1 or show.settings.verbose:
            rows.extend(_instance_row(show, one, seen.at) for one in each.instances)
    return rows


def _chosen(seen: Status, names: Sequence[str]) -> list[WorkloadStatus]:
    return [each for each in seen.workloads if not names or each.name in names]


def _workload_row(
    show: Show, each: WorkloadStatus, live: Sequence[Instance], now: datetime
) -> tuple[Cell, ...]:
    finite = each.role in {Role.JOB, Role.SCHEDULE}
    state, tone = _state(each, live)
    since = min((one.created for one in live), default=None)
    return (
        Cell(each.name, Tone.STRONG),
        Cell(show.told(f"state {state}"), tone),
        Cell("" if finite else f"{each.ready}/{each.wanted}"),
        Cell(age(now, since) if since else ""),
        Cell(_addresses(live[0]) if len(live) == 1 else ""),
        Cell(each.reason, Tone.BESIDE if each.health is Health.HEALTHY else Tone.PLAIN),
    )


def _state(each: WorkloadStatus, live: Sequence[Instance]) -> tuple[str, Tone]:
    """One word: the phase where one instance says it all, else the health of the whole."""
    if each.health is Health.HEALTHY and each.role is Role.JOB:
        return Phase.DONE, Tone.BESIDE
    if each.role is None:  # wanted no more
        return Phase.STOPPING, Tone.DOUBTFUL
    if len(live) == 1 and each.wanted <= 1 and each.health is Health.CHANGING:
        return live[0].phase, PHASE_TONES[live[0].phase]
    return each.health, HEALTH_TONES[each.health]


def _instance_row(show: Show, one: Instance, now: datetime) -> tuple[Cell, ...]:
    return (
        Cell(f"  {one.id}"),
        Cell(show.told(f"state {one.phase}"), PHASE_TONES[one.phase]),
        Cell(""),
        Cell(age(now, one.created)),
        Cell(_addresses(one)),
        Cell(one.reason or _place(show, one), Tone.BESIDE),
    )


def _place(show: Show, one: Instance) -> str:
    """What a member of a store is among the others; its own word where it sees to that itself."""
    match one.said:
        case Word(word=word):
            return word
        case Standing():
            return show.told(f"note {_standing(one.said)}")
        case _:
            return ""


def _standing(said: Standing) -> str:
    if said.leads:
        return "leads"
    return "follows" if said.abreast else "behind"


def _member(one: Instance) -> str:
    """The same for programs; empty for what is no member."""
    match one.said:
        case Word(word=word):
            return word
        case Standing():
            return _standing(one.said)
        case _:
            return ""


def _addresses(one: Instance) -> str:
    return " ".join(f"{address.host}:{address.port}" for address in one.addresses.values())


def age(now: datetime, since: datetime) -> str:
    """How long ago, in the largest unit that fits: `45s`, `12m`, `3h`, `2d`."""
    seconds = max(int((now - since).total_seconds()), 0)
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def as_json(seen: Status, names: Sequence[str] = ()) -> dict[str, object]:
    """A status for programs. `supervisor` is a pid, 0 where none lives."""
    return {
        "stack": seen.stack, "environment": seen.environment, "health": seen.health,
        "release": seen.release, "supervisor": seen.supervisor, "addresses": list(seen.addresses),
        "at": seen.at.isoformat(),
        "workloads": [_workload_json(each) for each in _chosen(seen, names)],
        "certificates": [_certificate_json(each, seen.at) for each in seen.certificates],
    }  # fmt: skip


def _workload_json(each: WorkloadStatus) -> dict[str, object]:
    return {
        "name": each.name, "role": each.role, "health": each.health, "wanted": each.wanted,
        "ready": each.ready, "reason": each.reason,
        "instances": [_instance_json(one) for one in each.instances],
    }  # fmt: skip


def _instance_json(one: Instance) -> dict[str, object]:
    return {
        "id": one.id, "slot": one.slot, "phase": one.phase, "traffic": one.traffic,
        "pid": one.pid, "deaths": one.deaths, "since": one.since.isoformat(),
        "created": one.created.isoformat(), "reason": one.reason, "member": _member(one),
        "addresses": {name: f"{at.host}:{at.port}" for name, at in one.addresses.items()},
    }  # fmt: skip


def _certificate_json(each: Certificate, now: datetime) -> dict[str, object]:
    return {
        "host": each.host, "issuer": each.issuer, "serial": f"{each.serial:x}",
        "fingerprint": each.fingerprint,
        "since": each.since and each.since.isoformat(),
        "until": each.until and each.until.isoformat(), "due": each.due(now).isoformat(),
        "failures": each.failures, "problem": each.problem,
    }  # fmt: skip
