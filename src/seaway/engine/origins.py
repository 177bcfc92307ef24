"""Origins: where the servers of components come from on this machine, as far as that was said."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import JsonValue

from seaway.model.finding import Finding
from seaway.model.near import choice
from seaway.model.stack import Stack
from seaway.model.workload import Server, Workload


def taken_from(stack: Stack, workloads: Sequence[Workload]) -> list[Workload]:
    """The workloads with the origins that `targets.local.parts` names."""
    said = _said(stack)
    return [_chosen(each, said.get(each.component)) for each in workloads]


def misplaced(stack: Stack, workloads: Sequence[Workload]) -> Iterator[Finding]:
    """Origins for what has no server of its own."""
    servers = {each.component for each in workloads if isinstance(each.program, Server)}
    for name in _said(stack):
        if name not in servers:
            at = stack.place("targets", "local", "parts", name, key=True)
            yield Finding(code="SW195", at=at, facts=choice(name, servers))


def _said(stack: Stack) -> Mapping[str, JsonValue]:
    local = stack.targets.get("local")
    parts = local.get("parts") if isinstance(local, dict) else None
    return parts if isinstance(parts, dict) else {}


def _chosen(workload: Workload, origin: JsonValue) -> Workload:
    if isinstance(workload.program, Server) and isinstance(origin, str):
        return replace(workload, program=replace(workload.program, choice=origin))
    return workload
