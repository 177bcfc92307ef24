"""Alarm: is told what keeps Seaway from its work, at once and whatever still works."""

from collections.abc import Callable, Mapping

Alarm = Callable[[str, Mapping[str, object]], None]
"""Code and facts of a finding. Never raises and never waits; may be called again and again."""


def unheard(code: str, facts: Mapping[str, object]) -> None:
    """Nobody listens."""
