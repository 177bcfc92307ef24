"""The environment of a service: what its used components hand out, its secrets, its own values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal, Protocol, cast

from pydantic import BeforeValidator, Field

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name, as_variable
from seaway.model.near import choice
from seaway.model.settings.form import SecretName, mapping, refuse
from seaway.model.settings.reference import (
    BrokenReference,
    EnvReference,
    ExportReference,
    SecretReference,
    reference,
)
from seaway.model.text import Secret, SecretFile, Text

SecretForm = Literal["env", "file"]
VariableName = Annotated[str, Field(strict=True, pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,126}$")]


def plain(given: object) -> object:
    """Numbers and truth values as the text a program reads.

    Raises:
        PydanticCustomError: SW154 for a broken reference.
    """
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, int | float):
        return repr(given)
    if isinstance(given, str) and isinstance(found := reference(given), BrokenReference):
        raise refuse("SW154", found=found.text[:80])
    return given


def secret_forms(given: object) -> object:
    """`[A, {B: file}]` and `{A: env, B: file}` as one map."""
    if not isinstance(given, list):
        return {given: "env"} if isinstance(given, str) else given
    forms: dict[object, object] = {}
    for each in cast("list[object]", given):
        if isinstance(each, str):
            forms[each] = "env"
        else:
            forms.update(mapping(each) or {str(each): each})
    return forms


EnvValue = Annotated[
    str,
    Field(strict=True, max_length=100_000),
    BeforeValidator(plain, json_schema_input_type=str | int | float | bool),
]
Environment = Mapping[VariableName, EnvValue]
SecretsUsed = Annotated[
    Mapping[SecretName, SecretForm],
    BeforeValidator(
        secret_forms,
        json_schema_input_type=list[SecretName | dict[SecretName, SecretForm]]
        | dict[SecretName, SecretForm],
    ),
]


class Given(Protocol):
    """What one used component hands out."""

    @property
    def values(self) -> Mapping[str, Text]: ...

    @property
    def variables(self) -> Mapping[str, Text]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a service writes about its environment, and what it is given."""

    uses: Sequence[Name]
    given: Mapping[Name, Given]
    """By component; one that has faults of its own is absent, and is not reported again."""
    secrets: Mapping[str, SecretForm]
    env: Mapping[str, str]
    operator: Mapping[str, str]
    """The variables of the person who runs Seaway."""


def composed(wishes: Wishes) -> tuple[Mapping[str, Text], tuple[Finding, ...]]:
    """The environment: from components, then secrets, then own values, later ones winning."""
    findings: list[Finding] = []
    env: dict[str, Text] = {}
    for name in wishes.uses:
        found = wishes.given.get(name)
        for key, text in found.values.items() if found else ():
            env[f"{as_variable(name)}_{as_variable(key)}"] = text
    env |= _customary(wishes, findings)
    for secret, form in wishes.secrets.items():
        if form == "file":
            env[f"{secret}_FILE"] = Text.of(SecretFile(name=secret))
        else:
            env[secret] = Text.of(Secret(name=secret))
    for variable, value in wishes.env.items():
        env[variable] = _meant(variable, value, wishes, findings)
    return env, tuple(findings)


def _customary(wishes: Wishes, findings: list[Finding]) -> Mapping[str, Text]:
    """DATABASE_URL and the like, where one used component offers it."""
    offers: dict[str, list[Name]] = {}
    for name in wishes.uses:
        for variable in wishes.given[name].variables if name in wishes.given else ():
            offers.setdefault(variable, []).append(name)
    for names, variable in _disputed(offers, wishes.env).items():
        facts = {"variable": variable, "names": ", ".join(names), "first": names[0]}
        findings.append(
            Finding(code="SW161", at=Place(path="uses"), severity=Severity.WARNING, facts=facts)
        )
    return {
        variable: wishes.given[names[0]].variables[variable]
        for variable, names in offers.items()
        if len(names) == 1
    }


def _disputed(
    offers: Mapping[str, Sequence[Name]], own: Mapping[str, str]
) -> Mapping[tuple[Name, ...], str]:
    """Of each group of components that offer the same, the first variable nobody has decided."""
    found: dict[tuple[Name, ...], str] = {}
    for variable, names in offers.items():
        if len(names) > 1 and variable not in own:
            found.setdefault(tuple(names), variable)
    return found


def _meant(variable: str, value: str, wishes: Wishes, findings: list[Finding]) -> Text:
    at = Place(path=f"env.{variable}")
    match reference(value):
        case EnvReference(name):
            if name not in wishes.operator:
                findings.append(Finding(code="SW157", at=at, facts={"name": name}))
            return Text.of(wishes.operator.get(name, ""))
        case SecretReference(name):
            return Text.of(Secret(name=name))
        case ExportReference(component, key):
            return _exported(component, key, wishes, findings, at)
        case BrokenReference() | None:
            return Text.of(value)


def _exported(component: str, key: str, wishes: Wishes, findings: list[Finding], at: Place) -> Text:
    if component not in wishes.uses:
        findings.append(Finding(code="SW155", at=at, facts={"name": component, "key": key}))
        return Text()
    given = wishes.given.get(Name(component))
    if given is None:
        return Text()
    if key not in given.values:
        facts = {"component": component, **choice(key, given.values)}
        findings.append(Finding(code="SW156", at=at, facts=facts))
    return given.values.get(key, Text())
