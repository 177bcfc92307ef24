"""Editors get a schema that takes what Seaway takes and marks the common mistakes."""

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from seaway.components import KINDS
from seaway.components.ingress import Ingress
from seaway.stackfile.schema import schema
from seaway.stackfile.text import load
from seaway.stackfile.tree import parsed

ROOT = Path(__file__).resolve().parents[3]
LANTERN = Path(__file__).parent / "lantern" / "seaway.yaml"
STACKS = [LANTERN, *sorted(ROOT.glob("stacks/*/seaway.yaml"))]
WRONG = ROOT / "tests" / "wrong_files"

WHOLE = schema(KINDS, Ingress)
VALIDATOR = Draft202012Validator(WHOLE)


def mistakes(file: Path) -> list[str]:
    return [each.json_path for each in VALIDATOR.iter_errors(parsed(load(file)).value)]


def test_the_schema_is_one():
    Draft202012Validator.check_schema(WHOLE)


@pytest.mark.parametrize("file", STACKS, ids=lambda file: file.parent.name)
def test_good_files_pass(file):
    assert mistakes(file) == []


@pytest.mark.parametrize(
    "name",
    ["11-unknown-settings", "12-bare-numbers", "23-times-and-truths", "27-wrong-shapes"],
)
def test_common_mistakes_are_marked(name):
    assert mistakes(WRONG / f"{name}.yaml")


def test_every_setting_of_a_kind_is_described():
    """The description is what an editor shows beside the setting."""
    silent = [
        f"{kind.kind}.{name}"
        for kind in KINDS
        for name, found in WHOLE["$defs"][kind.__name__]["properties"].items()
        if name not in {"kind", "job"} and not found.get("description")
    ]

    assert silent == []
