"""The `defaults` section: what every service starts from that knows the setting."""

from dataclasses import replace

from pydantic import JsonValue

from seaway.model.fields import names_of
from seaway.model.finding import Finding
from seaway.model.near import choice
from seaway.model.stack import Path, Section
from seaway.stackfile.kinds import Kinds, knows
from seaway.stackfile.limits import MOST_VALUES
from seaway.stackfile.overlay import copied, walk
from seaway.stackfile.tree import Tree

ORIGIN = "defaults"


def merge(tree: Tree, kinds: Kinds) -> None:
    """Put defaults below the settings of each service; a map is merged, all else is replaced.

    A setting reaches the kinds that know it: a schedule has no health, a static site no replicas.
    """
    root = tree.value if isinstance(tree.value, dict) else {}
    given, services = root.get("defaults"), root.get("services")
    if not isinstance(given, dict):
        return
    _refuse_unknown(tree, given, kinds)
    if not isinstance(services, dict):
        return
    left = MOST_VALUES
    for name, written in services.items():
        fitting = {
            setting: value
            for setting, value in given.items()
            if isinstance(written, dict) and knows(kinds, Section.SERVICES, written, setting)
        }
        left -= sum(1 for _ in walk(fitting))
        if left < 0:
            at = tree.keys.get(("defaults",)) or tree.places[()]
            tree.findings.append(Finding(code="SW122", at=at, facts={"limit": MOST_VALUES}))
            return
        if isinstance(written, dict):
            _below(tree, written, fitting, ("services", name), ("defaults",))


def _below(
    tree: Tree, own: dict[str, JsonValue], given: dict[str, JsonValue], path: Path, source: Path
) -> None:
    """Add what is missing, all the way down."""
    for setting, value in given.items():
        here, there = (*path, setting), (*source, setting)
        mine = own.get(setting)
        if setting not in own:
            own[setting] = _copied(tree, value, here, there)
        elif isinstance(mine, dict) and isinstance(value, dict):
            _below(tree, mine, value, here, there)


def _copied(tree: Tree, value: JsonValue, here: Path, there: Path) -> JsonValue:
    """A copy of a default with its places."""
    for inner, _ in walk(value):
        for places in (tree.places, tree.keys):
            if found := places.get((*there, *inner)):
                origin = ORIGIN if found.origin == "file" else found.origin
                places[*here, *inner] = replace(found, origin=origin)
    return copied(value)


def _refuse_unknown(tree: Tree, given: dict[str, JsonValue], kinds: Kinds) -> None:
    known = {name for each in kinds if each.section is Section.SERVICES for name in names_of(each)}
    for setting in given:
        if setting not in known:
            at = tree.keys.get(("defaults", setting)) or tree.places[()]
            at = replace(at, path=f"defaults.{setting}")
            tree.findings.append(Finding(code="SW125", at=at, facts=choice(setting, known)))
