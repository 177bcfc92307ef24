"""Knows the kinds of jobs: of how many pieces each is made, and what to ask for a piece."""

import math
from collections.abc import Sequence
from enum import StrEnum

from aixsss.ai.chat import Message


class Kind(StrEnum):
    """What a job makes."""

    TEXT = "text"
    STORYBOARD = "storyboard"
    IMAGE_PROMPT = "image_prompt"


MOST_SCENES = 12
MOST_TOKENS = {Kind.TEXT: 1200, Kind.STORYBOARD: 320, Kind.IMAGE_PROMPT: 400}
"""For one piece."""
SAME_LANGUAGE = "Write in the language of the request. Write the result only, without a preface."
ROLES = {
    Kind.TEXT: f"You are a careful writer. {SAME_LANGUAGE}",
    Kind.STORYBOARD: "You are a director who writes storyboards, one scene at a time: place and "
    f"light, what happens, camera, sound. At most 90 words for a scene. {SAME_LANGUAGE}",
    Kind.IMAGE_PROMPT: "You turn an idea into one detailed prompt for an image model: subject, "
    f"composition, light, colours, style, and what to leave out. {SAME_LANGUAGE}",
}


def pieces(kind: Kind, scenes: int) -> int:
    """Return of how many pieces the result is made; each is asked for, kept and paid once."""
    return scenes if kind is Kind.STORYBOARD else 1


def messages(kind: Kind, prompt: str, whole: int, done: Sequence[str]) -> list[Message]:
    """Return what to say to get the piece after those that are done."""
    asked: list[Message] = [{"role": "system", "content": ROLES[kind]}]
    if kind is not Kind.STORYBOARD:
        return [*asked, {"role": "user", "content": prompt}]
    for number, text in enumerate(done, start=1):
        asked += [
            {"role": "user", "content": scene(prompt, number, whole)},
            {"role": "assistant", "content": text},
        ]
    return [*asked, {"role": "user", "content": scene(prompt, len(done) + 1, whole)}]


def scene(prompt: str, number: int, whole: int) -> str:
    """Return the request for one scene."""
    return f"{prompt}\n\nScene {number} of {whole}, please." if number == 1 else f"Scene {number}."


USUAL_CHARACTERS = {Kind.TEXT: 900, Kind.STORYBOARD: 300, Kind.IMAGE_PROMPT: 400}
"""Of one piece; languages differ, so this is rough."""


def percent(kind: Kind, whole: int, done: int, characters: int) -> int:
    """Return how far the job is; `characters` are those of the piece being written.

    How long an answer will be nobody knows: it comes ever nearer to the end of its piece, and is
    there only when it is.
    """
    part = 1 - math.exp(-1.5 * characters / USUAL_CHARACTERS[kind])
    return int(100 * (done + min(part, 0.95)) / whole)
