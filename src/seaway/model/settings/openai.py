"""What components that speak OpenAI's API have in common: what they hand out, and the simulator."""

from collections.abc import Mapping
from datetime import timedelta

from seaway.model.names import Name
from seaway.model.probe import Checks, HttpProbe
from seaway.model.settings.code import HTTP, own_variables
from seaway.model.settings.resources import Resources
from seaway.model.text import Host, Port, Secret, Text
from seaway.model.workload import Command, Limits, Stopping, Workload

PORT = 8000
READY, LIVE = "/readyz", "/livez"
IMAGE = "seaway/ai"
MODELS_IMAGE = "seaway/models"
MILVUS_IMAGE = "seaway/milvus"
"""Of programs that load models or read documents and pictures: what they need is large."""
_MEMORY = 256 * 2**20


def key_of(name: Name) -> str:
    """The secret that lets clients in."""
    return f"{name}.key"


def values(name: Name) -> Mapping[str, Text]:
    """What users of an endpoint are told; the same for each that speaks this API."""
    host, port = Host(workload=name), Port(workload=name, port=HTTP)
    return {
        "url": Text.of("http://", host, ":", port, "/v1"),
        "key": Text.of(Secret(name=key_of(name))),
        "host": Text.of(host),
        "port": Text.of(port),
    }


def variables(name: Name) -> Mapping[str, Text]:
    """The names that OpenAI's own clients read, so that they need no settings at all."""
    given = values(name)
    return {"OPENAI_BASE_URL": given["url"], "OPENAI_API_KEY": given["key"]}


def checks() -> Checks:
    """One program answers both questions; neither depends on others."""
    return Checks(
        ready=HttpProbe(path=READY), live=HttpProbe(path=LIVE), start=timedelta(seconds=60),
        every=timedelta(seconds=10), timeout=timedelta(seconds=3), live_failures=6,
    )  # fmt: skip


def limits(resources: Resources) -> Limits:
    """What was given; memory has a figure in any case."""
    given = resources.limits
    return Limits(cpu=given.cpu, memory=given.memory or _MEMORY, pids=given.pids, files=given.files)


def simulator(name: Name, component: Name, environment: str, env: Mapping[str, Text]) -> Workload:
    """The stand-in for a provider: one process without state."""
    own = own_variables(environment, "UTC", (HTTP,))
    return Workload(
        name=name,
        component=component,
        program=Command(argv=("python", "-m", "seaway.ai.simulator"), image=IMAGE),
        env={**own, "SIMULATOR_KEYS": Text.of(Secret(name=key_of(name))), **env},
        ports={HTTP: PORT},
        checks=checks(),
        limits=limits(Resources()),
        stopping=Stopping(grace=timedelta(seconds=10)),
    )
