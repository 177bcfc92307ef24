"""Offline models: the workload that serves them, with the weights that those need."""

import json
from collections.abc import Iterable, Mapping
from typing import Literal

from seaway.model.names import Name
from seaway.model.settings.code import HTTP, own_variables
from seaway.model.settings.openai import MODELS_IMAGE, PORT, checks, key_of, limits
from seaway.model.settings.resources import Resources
from seaway.model.settings.weights import WEIGHTS
from seaway.model.text import Own, Secret, Text
from seaway.model.workload import Command, Workload

OfflineModel = Literal["embed", "extract", "chat", "food", "hear"]
MODELS: Mapping[OfflineModel, tuple[str, ...]] = {
    "embed": ("sentences",),
    "extract": ("sentences",),
    "chat": ("sentences", "writer"),
    "food": ("foods", "labels"),
    "hear": ("speech_1", "speech_2", "speech_config", "speech_tokenizer", "speech_vocabulary"),
}
"""The weights that each needs."""
DEFAULT: tuple[OfflineModel, ...] = ("embed", "extract", "chat", "food")
"""Those that are served where nothing is said: to hear is large, and needs more libraries."""
_MEMORY = {"": 128 * 2**20, "sentences": 256 * 2**20, "writer": 384 * 2**20, "foods": 192 * 2**20,
           "speech_1": 768 * 2**20}  # fmt: skip
"""Bytes: of the program, and what each of its weights adds. In use 236 MB were seen with `embed`
and `extract`, 182 MB with `food`, 523 MB with these four, 495 MiB with
`hear`, and at most 633 MiB; four recordings may wait, 20 MB each."""


def offline(
    name: Name, component: Name, environment: str, serve: Iterable[str],
    resources: Resources | None = None,
) -> Workload:  # fmt: skip
    """One process with these models."""
    wanted = frozenset(serve)
    served: list[OfflineModel] = [each for each in MODELS if each in wanted]
    needed = dict.fromkeys(weight for each in served for weight in MODELS[each])
    files = {each: WEIGHTS[each].file for each in needed}
    memory = sum(_MEMORY.get(each, 0) for each in ("", *needed))
    given = resources or Resources()
    told = json.dumps({key: each.name for key, each in files.items()}, sort_keys=True)
    return Workload(
        name=name,
        component=component,
        program=Command(
            argv=("python", "-m", "seaway.ai.models"),
            files=tuple(files.values()),
            image=MODELS_IMAGE,
        ),
        env={
            **own_variables(environment, "UTC", (HTTP,)),
            "MODELS_KEYS": Text.of(Secret(name=key_of(name))),
            "MODELS_SERVE": Text.of(" ".join(served)),
            "MODELS_FOLDER": Text.of(Own(what="files")),
            "MODELS_FILES": Text.of(told),
        },
        ports={HTTP: PORT},
        checks=checks(),
        limits=limits(given if given.memory else given.model_copy(update={"memory": memory})),
    )
