"""Secrets: which are needed, made where that is allowed, and strong enough (R97 to R101)."""

import base64
import binascii
import secrets
import string
from collections.abc import Iterator, Sequence

from seaway.model.finding import Finding, Severity
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
        vault.write(each.name, new_value(each))
    return tuple(each.name for each in made)


def new_value(need: SecretNeed) -> str:
    """A random value by the rule of the need."""
    match need.form:
        case "base64":
            return base64.b64encode(secrets.token_bytes(need.generate)).decode()
        case "hex":
            return secrets.token_hex(need.generate)
        case _:
            return "".join(secrets.choice(ALPHABET) for _ in range(need.generate))


def findings(needs: Sequence[SecretNeed], vault: Vault, environment: str) -> Iterator[Finding]:
    """What is missing or weak. No value enters a finding, but for the start of a placeholder."""
    there = vault.versions()
    for need in needs:
        if need.name not in there:
            if not need.generate:
                yield Finding(code="SW701", facts={"name": need.name})
            continue
        yield from weakness(need, vault.read(need.name), environment)


def weakness(need: SecretNeed, value: str, environment: str) -> Iterator[Finding]:
    """What is wrong with a value."""
    if need.form != "text" and need.generate and not _has_bytes(need, value):
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
