"""Questions at a terminal: only an answer counts as a yes."""

import shlex
import shutil
import subprocess
import sys

import pytest

from tests.commands.terminal import LIMIT, Terminal

pytestmark = pytest.mark.skipif(shutil.which("script") is None, reason="needs a terminal to act")

ROTATE = "Give new values to JWT_SECRET? [y/N] "

STACK = """\
seaway: 1
name: shop
services:
  api: {run: sleep 60, secrets: [JWT_SECRET, SMTP_PASSWORD]}
secrets:
  JWT_SECRET: {generate: 32}
  SMTP_PASSWORD: {min_length: 8}
"""


@pytest.fixture
def seaway(tmp_path) -> Terminal:
    terminal = Terminal.new(tmp_path)
    (terminal.folder / "seaway.yaml").write_text(STACK)
    terminal("secrets", "generate")
    return terminal


def at_terminal(seaway: Terminal, *arguments: str, asked: list[tuple[str, str]]) -> tuple[int, str]:
    """The status and what is on the screen; each answer is typed when its question is there."""
    line = shlex.join([sys.executable, "-m", "seaway", *arguments])
    screen = ""
    with subprocess.Popen(
        ["script", "-qec", line, "/dev/null"], cwd=seaway.folder, env=seaway.environment,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        for question, answer in asked:
            while not screen.endswith(question):
                more = process.stdout.read1().decode()
                assert more, screen
                screen += more
            process.stdin.write(answer.encode())
            process.stdin.flush()
        screen += process.communicate(timeout=LIMIT)[0].decode()
    return process.returncode, screen


def rotate(seaway: Terminal, answer: str) -> tuple[int, str]:
    return at_terminal(seaway, "secrets", "rotate", "JWT_SECRET", asked=[(ROTATE, answer)])


def version(seaway: Terminal, name: str) -> str:
    lines = seaway("secrets", "list").stdout.splitlines()
    return next(line.split()[1] for line in lines if line.startswith(name))


@pytest.mark.parametrize("answer", ["y\n", "yes\n", "Y\n"])
def test_a_yes_is_a_yes(seaway, answer):
    status, _ = rotate(seaway, answer)

    assert status == 0
    assert version(seaway, "JWT_SECRET") == "2"


@pytest.mark.parametrize("answer", ["n\n", "\n", "yep\n"])
def test_anything_else_is_a_no(seaway, answer):
    status, screen = at_terminal(
        seaway, "secrets", "rotate", "JWT_SECRET", asked=[(ROTATE, answer)]
    )

    assert status == 2
    assert "SW615" in screen
    assert version(seaway, "JWT_SECRET") == "1"


def test_the_end_of_input_is_no_answer(seaway):
    """Ctrl-D at the question leaves everything as it was."""
    status, _ = rotate(seaway, "\x04")

    assert status == 130
    assert version(seaway, "JWT_SECRET") == "1"


def test_a_secret_is_asked_for_twice_and_not_shown(seaway):
    asked = [("SMTP_PASSWORD: ", "correct horse\n"), (" once more: ", "correct horse\n")]

    status, screen = at_terminal(seaway, "secrets", "set", "SMTP_PASSWORD", asked=asked)

    assert status == 0, screen
    assert "horse" not in screen
    assert version(seaway, "SMTP_PASSWORD") == "1"


def test_two_different_values_are_not_kept(seaway):
    asked = [("SMTP_PASSWORD: ", "correct horse\n"), (" once more: ", "correct house\n")]

    status, screen = at_terminal(seaway, "secrets", "set", "SMTP_PASSWORD", asked=asked)

    assert status == 2
    assert "SW634" in screen
    assert version(seaway, "SMTP_PASSWORD") == "-"
