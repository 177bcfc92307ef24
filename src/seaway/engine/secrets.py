"""Secrets: which are needed, made where that is allowed, and strong enough (R97 to R101)."""

import base64
import binascii
import secrets
import string
from collections.abc import Iterator, Sequence
from datetime import datetime

from seaway.model.finding import Finding, Severity
from seaway.model.quantity import shown_duration
from seaway.model.release import Release
from seaway.model.text import Secret, SecretFile
from seaway.ports.component import SecretNeed
from seaway.ports.vault import Vault

ALPHABET = string.ascii_letters + string.digits
PLACEHOLDERS = (
    "your_", "your-", "sk-xxx", "change", "placeholder", "example", "password", "secret", "123456",
)  # fmt: skip
"""How values begin that were meant to be replaced (R101)."""
DEVELOPMENT = frozenset({"local", "development", "dev", "test"})
"""Environments in which a placeholder is only warned about."""


def ensure(needs: Sequence[SecretNeed], vault: Vault) -> tuple[str, ...]:
    """Make every secret that is missing and may be made; return the names of those made."""
    there = vault.versions()
    made = [each for each in needs if each.generate and each.name not in there]
    for each in made:
        make(each, vault)
    return tuple(each.name for each in made)


def make(need: SecretNeed, vault: Vault, before: str = "") -> int:
    """Keep a new value made by Seaway; return its version."""
    if need.form == "rsa":
        return vault.write_pair(need.name, need.public, need.generate)
    return vault.write(need.name, new_value(need, before))


def new_value(need: SecretNeed, before: str = "") -> str:
    """A random value by the rule of the need; in a ring, beside those `before` it that stay."""
    if not need.keep:
        return _random(need)
    older = tuple(_ring(before))[: need.keep]
    number = 1 + max((_number(name) for name, _ in older), default=0)
    return ",".join(f"{name}:{value}" for name, value in ((f"k{number}", _random(need)), *older))


def _ring(value: str) -> Iterator[tuple[str, str]]:
    """Names and values, the newest first; a value that was given without a name is `k0`."""
    for part in value.split(",") if value else ():
        name, _, bare = part.strip().rpartition(":")
        yield name or "k0", bare


def _number(name: str) -> int:
    digits = name.removeprefix("k")
    return int(digits) if digits.isdecimal() else 0


def _random(need: SecretNeed) -> str:
    match need.form:
        case "base64":
            return base64.b64encode(secrets.token_bytes(need.generate)).decode()
        case "hex":
            return secrets.token_hex(need.generate)
        case _:
            return "".join(secrets.choice(ALPHABET) for _ in range(need.generate))


def findings(
    needs: Sequence[SecretNeed], vault: Vault, environment: str, now: datetime
) -> Iterator[Finding]:
    """What is missing, weak or too old.

    No value enters a finding, but for the start of a placeholder.
    """
    there = vault.versions()
    for need in needs:
        if need.name not in there:
            if not need.generate:
                yield Finding(code="SW701", facts={"name": need.name})
            continue
        yield from weakness(need, vault.read(need.name), environment)
        yield from _age(need, vault.since(need.name), now)


def old(need: SecretNeed, vault: Vault, now: datetime) -> bool:
    """Whether its value is older than it may become; never where nobody noted when it was kept."""
    return any(_age(need, vault.since(need.name), now))


def _age(need: SecretNeed, since: datetime | None, now: datetime) -> Iterator[Finding]:
    """It is said and not done: when those that use it can bear another value, people know."""
    if need.longest and since and now - since > need.longest:
        most = shown_duration(need.longest)
        facts = {"name": need.name, "days": (now - since).days, "most": most}
        code = "SW711" if need.generate else "SW712"
        yield Finding(code=code, severity=Severity.WARNING, facts=facts)


def in_use(name: str, release: Release) -> int:
    """The newest version of a secret that a release gives to its workloads; 0 for none."""
    texts = (text for workload in release.workloads for text in workload.env.values())
    holes = (hole for text in texts for hole in text.holes)
    versions = (
        hole.version
        for hole in holes
        if isinstance(hole, Secret | SecretFile) and hole.name == name
    )
    return max(versions, default=0)


def weakness(need: SecretNeed, value: str, environment: str) -> Iterator[Finding]:
    """What is wrong with a value; in a ring, with the first that something is wrong with."""
    for each in dict(_ring(value)).values() if need.keep else (value,):
        found = tuple(_weakness(need, each, environment))
        if found:
            yield from found
            return


def _weakness(need: SecretNeed, value: str, environment: str) -> Iterator[Finding]:
    if need.form in {"base64", "hex"} and need.generate and not _has_bytes(need, value):
        facts = {"name": need.name, "bytes": need.generate, "form": need.form}
        yield Finding(code="SW706", facts=facts)
    elif len(value) < need.min_length:
        yield Finding(code="SW704", facts={"name": need.name, "least": need.min_length})
    sample = next((each for each in PLACEHOLDERS if value.lower().startswith(each)), "")
    if sample:
        severity = Severity.WARNING if environment in DEVELOPMENT else Severity.ERROR
        facts = {"name": need.name, "sample": sample}
        yield Finding(code="SW705", severity=severity, facts=facts)


def _has_bytes(need: SecretNeed, value: str) -> bool:
    try:
        raw = bytes.fromhex(value) if need.form == "hex" else base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return False
    return len(raw) == need.generate
