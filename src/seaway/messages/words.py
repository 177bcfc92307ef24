"""Words: one message in both languages, and how to mend what it reports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Texts with {gaps}. Both languages name the same gaps. `fix` is something to type or do."""

    en: str
    zh: str
    fix_en: str = ""
    fix_zh: str = ""
