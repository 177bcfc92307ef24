"""Recipe: how an image is put together, as a Dockerfile. Works with the builder of Docker 20.10."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from seaway.targets.docker.images.wheels import EPOCH

USER = "10001:10001"
VENV = "/opt/venv"
MADE = "/made"
"""In the stage that installs: a tree to be copied whole, with its times."""
STAGE = "seaway.stage"
"""A label of what is only there to build another image faster."""
SYSTEM = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
APP = "/app"
"""Where the source lies, and where programs start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What one image is made of."""

    base: str
    """Name of the image to build on."""
    title: str
    packages: bool
    """Whether there is a lock, `requirements.txt`, and a folder `wheels`."""
    paths: tuple[str, ...] = (APP,)
    """Folders that Python imports from, before its own."""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    """By the names of the OCI image specification."""
    folders: tuple[str, ...] = ()
    """Where named volumes are mounted: these take over whose folder it is in the image."""


def dockerfile(recipe: Recipe) -> str:
    """The whole file. Its context holds in `root` what is copied to the top."""
    begin = f"FROM {recipe.base}"
    stages = (*_packages(recipe), "", *_source(recipe), "") if recipe.packages else ()
    whole = (f"COPY --from=build {MADE} /", f"COPY --from=source {MADE} /")
    lines = (
        "# Written by Seaway: changes are overwritten.",
        *stages,
        begin,
        *(whole if recipe.packages else ("COPY root /",)),
        *_labels(recipe),
        f"ENV {_environment(recipe)}",
        *_folders(recipe),
        f"WORKDIR {APP}",
        f"USER {USER}",
        "# Whoever runs it asks it from outside, or says what to ask.",
        "HEALTHCHECK NONE",
    )
    return "".join(f"{line}\n" for line in lines)


def _packages(recipe: Recipe) -> tuple[str, ...]:
    """A stage that installs them; with wheels that are whole it needs no network."""
    pip = (
        f"python -m pip --python {VENV}/bin/python install --no-cache-dir --no-compile --no-deps"
        " --require-hashes --find-links wheels --requirement requirements.txt"
    )
    return (
        f"FROM {recipe.base} AS build",
        f"LABEL {STAGE}={json.dumps(recipe.title)}",
        "ARG PIP_INDEX_URL=",
        "ARG PIP_NO_INDEX=",
        "ENV PYTHONHASHSEED=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore",
        "WORKDIR /build",
        "COPY requirements.txt ./",
        "COPY wheels wheels",
        f"RUN python -m venv --without-pip {VENV} && \\",
        f"    {pip} && \\",
        f"    mkdir -p {MADE}{VENV} && \\",
        f"    mv --no-target-directory {VENV} {MADE}{VENV} && \\",
        *_finished(),
    )


def _source(recipe: Recipe) -> tuple[str, ...]:
    """A stage of its own: the source changes more often than the packages."""
    return (
        f"FROM {recipe.base} AS source",
        f"LABEL {STAGE}={json.dumps(f'{recipe.title} source')}",
        "ENV PYTHONHASHSEED=0",
        f"COPY root {MADE}",
        f"RUN {_finished()[0].strip()}",
        *_finished()[1:],
    )


def _finished() -> tuple[str, ...]:
    """Bytecode, for nobody may write it later; and no time of this build, for equal layers.

    A file that cannot be compiled is no fault: packages bring templates, and examples of mistakes.
    """
    options = f"-q -s {MADE} -p / --invalidation-mode unchecked-hash"
    return (
        f"    (python -m compileall {options} {MADE} || true) && \\",
        f"    find {MADE} -exec touch --no-dereference --date=@{EPOCH} {{}} +",
    )


def _folders(recipe: Recipe) -> tuple[str, ...]:
    owner, group = USER.split(":")
    if not recipe.folders:
        return ()
    words = (f"install -d -o {owner} -g {group} -m 0700", *recipe.folders)
    return ("RUN " + " \\\n    ".join(words),)


def _labels(recipe: Recipe) -> tuple[str, ...]:
    names = {"org.opencontainers.image.title": recipe.title, **recipe.labels}
    words = (f"{name}={json.dumps(text)}" for name, text in sorted(names.items()))
    return ("LABEL " + " \\\n    ".join(words),)


def _environment(recipe: Recipe) -> str:
    """What the image is to be told; for whom it says nothing, the base has said it."""
    env = {"PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8", "HOME": "/tmp"}  # noqa: S108 -- the one
    # folder that is always there to write in
    if recipe.paths:
        env["PYTHONPATH"] = ":".join(recipe.paths)
    if recipe.packages:
        env |= {"VIRTUAL_ENV": VENV, "PATH": f"{VENV}/bin:{SYSTEM}"}
    return " ".join(f"{name}={text}" for name, text in sorted(env.items()))
