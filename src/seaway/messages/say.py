"""Turns a code and its facts into words of the reader's language."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from seaway.messages import (
    backup,
    command_line,
    deploy,
    docker,
    doctor,
    drill,
    engine,
    external,
    help_pages,
    hosts,
    images,
    ingress,
    jobs,
    labels,
    local,
    models,
    move,
    parts,
    rendered,
    secrets,
    stackfile,
    verify,
)
from seaway.messages.words import Words


class Language(StrEnum):
    """The languages Seaway speaks."""

    EN = "en"
    ZH = "zh"


CATALOGUE: Mapping[str, Words] = {
    code: words
    for area in (
        stackfile,
        backup,
        drill,
        move,
        local,
        models,
        parts,
        ingress,
        jobs,
        external,
        engine,
        command_line,
        deploy,
        help_pages,
        labels,
        docker,
        hosts,
        images,
        rendered,
        doctor,
        secrets,
        verify,
    )
    for code, words in area.WORDS.items()
}


class Said(NamedTuple):
    """A message and its fix, ready to show; the fix may be empty."""

    text: str
    fix: str


def words_of(code: str) -> Words:
    """The words of a code; a code without words is a fault in Seaway."""
    return CATALOGUE[code]


def say(code: str, facts: Mapping[str, object], language: Language) -> Said:
    """Fill the gaps of a message."""
    words = words_of(code)
    if language is Language.ZH:
        text, fix = words.zh, words.fix_zh
    else:
        text, fix = words.en, words.fix_en
    return Said(text.format_map(_Facts(facts)), fix.format_map(_Facts(facts)))


class _Facts(dict[str, object]):
    """A gap that nobody filled shows as `?`: a message about a fault must not be a fault."""

    def __missing__(self, key: str) -> str:
        return "?"
