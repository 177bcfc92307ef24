"""models: models that run on this machine, without an account or a network (R71)."""

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from seaway.model.names import Name
from seaway.model.settings.offline import DEFAULT, OfflineModel, offline
from seaway.model.settings.openai import key_of, values, variables
from seaway.model.settings.resources import Logs, LogsSetting, Resources
from seaway.model.stack import Section
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings


class Models(Component):
    """Embeddings in Chinese and English, answers that quote, English text, food, speech."""

    kind: ClassVar[str] = "models"
    section: ClassVar[Section] = Section.AI

    serve: Annotated[tuple[OfflineModel, ...], Field(min_length=1)] = DEFAULT
    """Which of them, all but `hear` where nothing is said; the weights of the others are neither
    fetched nor loaded."""
    resources: Resources = Resources()
    """Most it may use; memory as its models need when it is not given."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """One process, and the key that it lets in."""
        workload = offline(name, name, around.environment, self.serve, self.resources)
        return Expansion(
            workloads=(replace(workload, logs=self.logs.keeping),),
            exports=Exports(
                workloads=frozenset({name}), values=values(name), variables=variables(name)
            ),
            secrets=(SecretNeed(name=key_of(name), generate=32),),
        )
