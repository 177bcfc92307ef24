"""Order: what is used comes first; circles are refused."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

NodeT = TypeVar("NodeT", bound=str)


def start_order(uses: Mapping[NodeT, AbstractSet[NodeT]]) -> tuple[NodeT, ...]:
    """Names so that each comes after all it uses; names break ties.

    Raises:
        graphlib.CycleError: they use one another in a circle; `find_circle` names it.
    """
    sorter = TopologicalSorter({name: uses[name] for name in sorted(uses)})
    sorter.prepare()
    order: list[NodeT] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order.extend(ready)
        sorter.done(*ready)
    return tuple(order)


def find_circle(uses: Mapping[NodeT, AbstractSet[NodeT]]) -> tuple[NodeT, ...]:
    """Names of one circle, the first repeated at the end; empty where there is none."""
    try:
        start_order(uses)
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()
