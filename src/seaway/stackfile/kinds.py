"""What kind a declaration is, and which settings its kind knows."""

from collections.abc import Sequence

from pydantic import JsonValue

from seaway.model.fields import names_of
from seaway.model.stack import Section
from seaway.ports.component import Component

Kinds = Sequence[type[Component]]


def kind_of(section: Section, written: JsonValue) -> str:
    """The kind that is named or, for services, that its settings show; empty where neither does."""
    if isinstance(written, str):
        return "app" if section is Section.SERVICES else written
    if not isinstance(written, dict):
        return ""
    if isinstance(named := written.get("kind"), str):
        return named
    return _shown_by(written) if section is Section.SERVICES else ""


def settings_of(section: Section, written: JsonValue) -> dict[str, JsonValue]:
    """What is left for the kind to understand."""
    if isinstance(written, str):
        return {"run": written} if section is Section.SERVICES else {}
    if not isinstance(written, dict):
        return {}
    decides = {"kind", "job"} if section is Section.SERVICES else {"kind"}
    return {name: value for name, value in written.items() if name not in decides}


def knows(kinds: Kinds, section: Section, written: JsonValue, setting: str) -> bool:
    """Whether a default or a wildcard of that setting is meant for this component.

    Health is asked at a port: a service without one, a worker, has none to be asked at.
    """
    kind = kind_of(section, written)
    fields = next((names_of(each) for each in kinds if each.kind == kind), frozenset[str]())
    if setting not in fields:
        return False
    return setting != "health" or "port" in settings_of(section, written)


def _shown_by(written: dict[str, JsonValue]) -> str:
    if "static" in written:
        return "static"
    if "run" not in written:
        return ""
    if "schedule" in written:
        return "schedule"
    return "job" if written.get("job") is True else "app"
