"""What services of others have in common: their modes, their accounts, and who plays them."""

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name, as_variable
from seaway.model.probe import Checks, HttpProbe
from seaway.model.settings.code import HTTP, own_variables
from seaway.model.settings.reference import EnvReference, SecretReference, reference
from seaway.model.text import Host, Port, Secret, Text
from seaway.model.workload import Command, Limits, Stopping, Workload

Mode = Literal["simulated", "sandbox", "real"]
PRODUCTION = "production"
SMTP = "smtp"
"""The name of the port that takes mail."""
RSA_BITS = 2048
_PORT = 8000
_IMAGE = "seaway/ai"
_MEMORY = 128 * 2**20


def mode_of(given: Mode | None, environment: str) -> Mode:
    """What is played everywhere is real in production, unless something is written."""
    return given or ("real" if environment == PRODUCTION else "simulated")


def made_up(stack: Name, name: Name, what: str, digits: int, alphabet: str = "0123456789") -> str:
    """An identifier for a simulated account: always the same for the same component."""
    seed = int.from_bytes(hashlib.sha256(f"{stack}/{name}/{what}".encode()).digest())
    found: list[str] = []
    for _ in range(digits):
        seed, rest = divmod(seed, len(alphabet))
        found.append(alphabet[rest])
    return "".join(found)


def plainly(text: str | None, otherwise: str) -> str:
    """What is written as it is; a simulated account has no use for references."""
    return otherwise if text is None or reference(text) is not None else text


def player(name: Name, environment: str, account: Mapping[str, Text], smtp: int = 0) -> Workload:
    """The program that plays a service; `account` is what it must know of it.

    `smtp` is where it takes mail: in containers, and on this machine too where that is free.
    """
    told = {f"EXTERNAL_{as_variable(key)}": text for key, text in account.items()}
    ports = {HTTP: _PORT, **({SMTP: smtp} if smtp else {})}
    return Workload(
        name=name,
        component=name,
        program=Command(argv=("python", "-m", "seaway.external"), image=_IMAGE),
        env={**own_variables(environment, "UTC", ports), **told},
        ports=ports,
        checks=Checks(
            ready=HttpProbe(path="/readyz"), live=HttpProbe(path="/livez"),
            start=timedelta(seconds=60), every=timedelta(seconds=10),
            timeout=timedelta(seconds=3), live_failures=6,
        ),
        limits=Limits(memory=_MEMORY),
        stopping=Stopping(grace=timedelta(seconds=10)),
    )  # fmt: skip


def inbox(name: Name) -> Text:
    """Where people see what a played service was told."""
    return Text.of(address(name), "/inbox")


def address(name: Name) -> Text:
    """Where a played service is reached."""
    return Text.of("http://", Host(workload=name), ":", Port(workload=name, port=HTTP))


def account(
    given: Mapping[str, str | None], environ: Mapping[str, str]
) -> tuple[Mapping[str, Text], tuple[Finding, ...]]:
    """What is known of an account of the world: by setting, without those that are missing.

    A missing one switches the service off where it is used, and is told; it stops nothing (R200).
    """
    known: dict[str, Text] = {}
    findings: list[Finding] = []
    for setting, text in given.items():
        found = _meant(text, environ)
        if found is None:
            facts = {"setting": setting}
            at = Place() if text is None else Place(path=setting)
            findings.append(Finding(code="SW380", at=at, severity=Severity.WARNING, facts=facts))
        else:
            known[setting] = found
    return known, tuple(findings)


def _meant(text: str | None, environ: Mapping[str, str]) -> Text | None:
    match reference(text or ""):
        case SecretReference(name):
            return Text.of(Secret(name=name))
        case EnvReference(name):
            return Text.of(environ[name]) if environ.get(name) else None
        case _:
            return Text.of(text) if text else None
