"""Bill: the list of what is in an image, as CycloneDX 1.6 (ECMA-424), for those who audit."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from email.message import Message
from email.parser import HeaderParser
from pathlib import Path
from urllib.parse import quote

from seaway import __version__
from seaway.model.json import Json
from seaway.targets.docker.images.bases import Base
from seaway.targets.docker.images.wheels import pins_of

LONGEST_LICENCE = 100
"""Characters; some packages put the whole text where its name belongs."""


def bill(name: str, image: str, base: Base, wheels: Path | None) -> str:
    """Of an image by its name and id: what lies in its base, and what was installed into it."""
    components: list[Json] = [_base(base), *_system(base)]
    if wheels:
        components += list(_packages(wheels))
    whole: Json = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {
                "components": [{"type": "application", "name": "seaway", "version": __version__}]
            },
            "component": {"type": "container", "bom-ref": "image", "name": name, "version": image},
        },
        "components": components,
        "dependencies": [
            {
                "ref": "image",
                "dependsOn": [
                    str(each["bom-ref"]) for each in components if isinstance(each, dict)
                ],
            }
        ],
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def _base(base: Base) -> Json:
    return {
        "type": "container", "bom-ref": "base", "name": base.name,
        "version": base.digest.partition("@")[2] or base.id,
    }  # fmt: skip


def _system(base: Base) -> Iterator[Json]:
    """Debian's packages, in order of name."""
    for name, version, architecture in sorted(base.packages):
        purl = f"pkg:deb/debian/{name}@{quote(version, safe='')}?arch={architecture}"
        yield {
            "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl
        }  # fmt: skip


def _packages(wheels: Path) -> Iterator[Json]:
    """Python's packages, by the hashes of what was installed."""
    files = {each.name.split("-")[0].lower(): each for each in wheels.glob("*.whl")}
    for pin in pins_of(wheels):
        name, _, version = pin.wanted.partition("==")
        purl = f"pkg:pypi/{name}@{version}"
        told = _told(files[name.replace("-", "_").replace(".", "_")])
        component: dict[str, Json] = {
            "type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl,
            "hashes": [{"alg": "SHA-256", "content": pin.hashes[0].partition(":")[2]}],
        }  # fmt: skip
        if licences := _licences(told):
            component["licenses"] = licences
        yield component


def _told(wheel: Path) -> Mapping[str, str] | Message:
    """What the package says of itself (core metadata)."""
    with zipfile.ZipFile(wheel) as packed:
        for name in packed.namelist():
            folder, _, file = name.partition("/")
            if file == "METADATA" and folder.endswith(".dist-info"):
                return HeaderParser().parsestr(packed.read(name).decode("utf-8", "replace"))
    return {}


def _licences(told: Mapping[str, str] | Message) -> list[Json]:
    """As an SPDX expression where it is one (PEP 639), else by name."""
    if expression := told.get("License-Expression"):
        return [{"expression": str(expression)}]
    name = str(told.get("License") or "").strip()
    return [{"license": {"name": name}}] if 0 < len(name) <= LONGEST_LICENCE else []
