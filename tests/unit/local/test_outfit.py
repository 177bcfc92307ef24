"""What a program is started with."""

import os

import pytest

from seaway.errors import StepFailed
from seaway.targets.local.outfit import Built, argument, command_outfit, find_program


@pytest.mark.parametrize(
    ("written", "given"),
    [
        ("--port=$PORT", "--port=80"), ("${PORT}0", "800"), ("$$PORT", "$PORT"), ("plain", "plain"),
        ("a $PORT b $PORT", "a 80 b 80"), ("$", "$"), ("100 %", "100 %"), ("$5", "$5"),
    ],
)  # fmt: skip
def test_a_variable_in_an_argument_is_replaced(written, given):
    assert argument(written, {"PORT": "80"}, frozenset()) == given


def test_a_variable_that_is_not_set_is_said():
    """An empty argument would start something else than was meant."""
    with pytest.raises(StepFailed) as failed:
        argument("$PROT", {"PORT": "80"}, frozenset())

    assert failed.value.facts["name"] == "PROT"


def test_a_secret_is_kept_out_of_arguments():
    with pytest.raises(StepFailed) as failed:
        argument("--key=$KEY", {"KEY": "s3cr3t"}, frozenset({"KEY"}))

    assert "s3cr3t" not in str(failed.value)


def outfit(argv, built, tmp_path, outside=None):
    return command_outfit(
        argv, {}, secret=frozenset(), built=built, home=tmp_path, outside=outside or {}
    )


def executable(file):
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def test_a_program_of_its_own_environment_comes_first(tmp_path):
    program = executable(tmp_path / "environment" / "bin" / "sh")
    found = outfit(("sh",), Built(bin=program.parent, folder=tmp_path), tmp_path)

    assert found.argv == (str(program),)
    assert found.env["PATH"].split(":")[0] == str(program.parent)
    assert found.env["VIRTUAL_ENV"] == str(program.parent.parent)


def test_a_program_that_only_the_operator_has_is_found_with_what_is_beside_it(tmp_path):
    """Version managers put node and npm beside each other, and one starts the other."""
    node = executable(tmp_path / "managed" / "node-x")
    outside = {"PATH": str(node.parent)}
    found = outfit(("node-x",), Built(folder=tmp_path), tmp_path, outside)

    assert found.argv == (str(node),)
    assert str(node.parent) in found.env["PATH"].split(":")


def test_a_program_with_a_path_is_looked_for_in_its_source(tmp_path):
    script = executable(tmp_path / "source" / "bin" / "serve")

    assert find_program("./bin/serve", "", {}, tmp_path / "source") == script
    with pytest.raises(StepFailed):
        find_program("./bin/other", "", {}, tmp_path / "source")


def test_the_operators_environment_stays_outside(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    found = outfit(("sh",), Built(folder=tmp_path), tmp_path, dict(os.environ))

    assert "AWS_SECRET_ACCESS_KEY" not in found.env


def test_what_a_build_made_is_named(tmp_path):
    found = outfit(("sh", "$SEAWAY_BUILD"), Built(output=tmp_path / "o", folder=tmp_path), tmp_path)

    assert found.argv[1] == str(tmp_path / "o")
