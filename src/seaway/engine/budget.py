"""Budget: the connections that services may open together, and what their database takes (R79).

Counted is what services say of themselves. Nothing is handed out: a share that depends on how many
others there are would be another value, and a restart, at each scaling.
"""

from collections.abc import Iterator, Mapping, Sequence

from seaway.engine.jobs import written
from seaway.model.finding import Finding
from seaway.model.names import Name
from seaway.model.settings.gate import gate_of
from seaway.model.stack import Stack
from seaway.model.workload import Role, Server, Workload

POOLS = frozenset({
    "DATABASE_POOL", "DATABASE_POOL_MAX", "DATABASE_POOL_SIZE", "DB_MAX_CONNECTIONS", "DB_POOL",
    "DB_POOL_MAX", "DB_POOL_SIZE", "PGPOOL_MAX", "PG_POOL_MAX", "PG_POOL_SIZE",
})  # fmt: skip
"""Variables in which services are told how many connections to keep at most, each copy."""
KEPT = 3 + 2
"""Of each database: for its superuser, and for Seaway's own questions."""


def overdrawn(stack: Stack, workloads: Sequence[Workload]) -> Iterator[Finding]:
    """Each database that could be asked for more connections than it has, and by whom."""
    stores = {
        each.name: int(str(most)) for each in workloads
        if isinstance(each.program, Server) and each.program.part == "postgres"
        and isinstance(told := each.program.settings.get("parameters"), Mapping)
        and (most := told.get("max_connections"))
    }  # fmt: skip
    for store, most in stores.items():
        pools = {each.name: found for each in workloads if (found := _pool(each, store, stores))}
        wanted = sum(pools.values())
        if wanted <= most - KEPT:
            continue
        largest = max(pools, key=lambda name: pools[name])
        by = ", ".join(f"{name} {count}" for name, count in sorted(pools.items()))
        facts = {"store": store, "most": most, "kept": KEPT, "wanted": wanted, "by": by,
                 "least": wanted + KEPT}  # fmt: skip
        [most_of] = [each for each in workloads if each.name == largest]
        yield Finding(code="SW356", at=written(stack, most_of, _named(most_of)), facts=facts)


def _pool(workload: Workload, store: Name, stores: Mapping[Name, int]) -> int:
    """What its copies may open there together; 0 where it does not say, or uses two of them."""
    mine = [each for each in stores if {each, gate_of(each)} & {*workload.uses}]
    name = _named(workload)
    if mine != [store] or not name:
        return 0
    return _copies(workload) * int(workload.env[name].written)


def _named(workload: Workload) -> str:
    """The variable in which it says how many connections a copy keeps; empty for none."""
    return next(
        (each for each in sorted(POOLS & {*workload.env}) if workload.env[each].written.isdigit()),
        "",
    )


def _copies(workload: Workload) -> int:
    """Most of them at once: of two releases, while one takes over from the other."""
    if workload.role is not Role.SERVICE:
        return 1
    most = max(workload.replicas, workload.scaling.most if workload.scaling else 0)
    return 2 * most if workload.rollout.strategy == "blue-green" else most + 1
