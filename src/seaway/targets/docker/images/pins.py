"""Pins: which packages at which versions, by their hashes, as far as one platform needs them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

HASH = "--hash="


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One package at one version."""

    name: str
    """As the index writes it."""
    wanted: str
    """`name==version`, with its extras; or `name @ address`."""
    hashes: tuple[str, ...]
    """`sha256:…`; any of them will do."""

    @property
    def line(self) -> str:
        """As a requirements file has it."""
        return " \\\n    ".join((self.wanted, *(f"{HASH}{each}" for each in self.hashes)))


def pins(text: str, environment: Mapping[str, str]) -> tuple[Pin, ...]:
    """Those of a lock that this environment needs; `environment` as PEP 508 has it.

    Options and folders are passed over: a folder has no hash, and is built by itself.
    """
    return tuple(sorted(_pins(text, environment), key=lambda each: each.name))


def written(several: tuple[Pin, ...]) -> str:
    """As a requirements file, in order of name."""
    return "".join(f"{each.line}\n" for each in several)


def _pins(text: str, environment: Mapping[str, str]) -> Iterator[Pin]:
    for line in text.replace("\\\n", " ").splitlines():
        wanted, *hashes = (part.strip() for part in line.split(HASH))
        if not wanted or wanted.startswith(("#", "-", ".", "/", "file:")):
            continue
        try:
            requirement = Requirement(wanted)
        except InvalidRequirement:
            continue
        marker, requirement.marker = requirement.marker, None
        if (requirement.url or "").startswith("file:"):
            continue
        if marker is None or marker.evaluate({**environment, "extra": ""}):
            name = canonicalize_name(requirement.name)
            yield Pin(name=name, wanted=str(requirement), hashes=tuple(hashes))
