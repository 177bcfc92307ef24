"""other: anything that others run and that is reached by settings alone."""

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from seaway.model.finding import Finding, Place
from seaway.model.names import Name
from seaway.model.settings.environment import EnvValue
from seaway.model.settings.reference import EnvReference, SecretReference, reference
from seaway.model.stack import Section
from seaway.model.text import Secret, Text
from seaway.ports.component import Component, Expansion, Exports, Surroundings

Key = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_-]{0,39}$")]


class Other(Component):
    """Something outside; nothing of it is started."""

    kind: ClassVar[str] = "other"
    section: ClassVar[Section] = Section.EXTERNAL

    values: Annotated[Mapping[Key, EnvValue], Field(min_length=1)]
    """What users of it are told: `url`, `key`; each may be `env:NAME` or `secret:NAME`."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:  # noqa: ARG002 -- no workload has it
        """Only what it hands out."""
        texts: dict[str, Text] = {}
        findings: list[Finding] = []
        for key, value in self.values.items():
            at = Place(path=f"values.{key}")
            match reference(value):
                case EnvReference(variable) if variable not in around.env:
                    findings.append(Finding(code="SW157", at=at, facts={"name": variable}))
                case EnvReference(variable):
                    texts[key] = Text.of(around.env[variable])
                case SecretReference(secret):
                    texts[key] = Text.of(Secret(name=secret))
                case None:
                    texts[key] = Text.of(value)
                case _:
                    findings.append(Finding(code="SW154", at=at, facts={"found": value[:80]}))
        return Expansion(exports=Exports(values=texts), findings=tuple(findings))
