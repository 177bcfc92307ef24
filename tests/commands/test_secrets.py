"""Secrets are read from stdin or a file, kept encrypted, and never shown."""

import base64
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from inline_snapshot import snapshot

from seaway.model.release import Release
from seaway.model.text import Secret, Text
from seaway.model.workload import Command, Workload
from seaway.stores.ledger import SqliteLedger
from seaway.stores.vault import FileVault
from tests.fakes.clock import HandClock

STACK = """\
seaway: 1
name: shop
services:
  api:
    run: python3 main.py
    secrets: [JWT_SECRET, SMTP_PASSWORD]
secrets:
  JWT_SECRET: {generate: 32}
  SMTP_PASSWORD: {min_length: 8}
"""


@pytest.fixture
def stack(write, here):
    (here / "main.py").write_text("")
    return write(STACK)


@pytest.fixture
def typed(monkeypatch):
    """Put text on stdin, as a pipe does."""

    def put(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return put


def test_the_list_says_what_is_missing(stack, seaway):
    assert str(seaway("secrets", "list")) == snapshot("""\
SECRET         VERSION  STATE
JWT_SECRET     -        made at the next up
SMTP_PASSWORD  -        missing
[0]\
""")


def test_a_value_comes_from_stdin_and_is_never_shown(stack, seaway, typed, tmp_path):
    typed("correct horse battery\n")

    said = seaway("secrets", "set", "SMTP_PASSWORD")

    assert str(said) == snapshot("""\
SMTP_PASSWORD: version 1 is kept
[0]\
""")
    kept = b"".join(file.read_bytes() for file in (tmp_path / "state").rglob("*") if file.is_file())
    assert b"correct horse" not in kept


def test_an_empty_pipe_is_refused(stack, seaway, typed):
    typed("")

    assert str(seaway("secrets", "set", "SMTP_PASSWORD")) == snapshot("""\
error[SW625]
  stdin had no value for SMTP_PASSWORD
  fix: pipe it in, or run this on a terminal to be asked
[2]\
""")


def test_a_secret_the_file_does_not_name_is_refused(stack, seaway, typed):
    """A misspelt name would be kept, and the service would go on without it."""
    typed("x")

    assert seaway("secrets", "set", "SMTP_PASWORD").status == 2


def test_a_value_on_the_command_line_is_refused(stack, seaway):
    """It would be in the shell's history and in the list of processes."""
    assert seaway("secrets", "set", "SMTP_PASSWORD", "hunter2").status == 2


def test_a_short_value_is_kept_with_a_warning(stack, seaway, typed):
    typed("short")

    said = seaway("secrets", "set", "SMTP_PASSWORD")

    assert said.status == 0
    assert "SW704" in said.err


def test_what_may_be_made_is_made_once(stack, seaway):
    seaway("secrets", "generate")
    first = json.loads(seaway("secrets", "list", "--format", "json").out)

    seaway("secrets", "generate")

    assert json.loads(seaway("secrets", "list", "--format", "json").out) == first
    assert {"name": "JWT_SECRET", "version": 1, "state": "set"} in first


def test_rotating_without_a_terminal_needs_a_yes(stack, seaway, typed):
    typed("y\n")

    refused = seaway("secrets", "rotate", "JWT_SECRET")
    done = seaway("secrets", "rotate", "JWT_SECRET", "-y")

    assert str(refused) == snapshot("""\
error[SW614]
  this needs a yes, and there is no terminal to ask on: Give new values to JWT_SECRET?
  fix: add -y to answer yes
[2]\
""")
    assert done.status == 0


def test_a_secret_of_a_person_is_not_rotated_by_seaway(stack, seaway):
    assert seaway("secrets", "rotate", "SMTP_PASSWORD", "-y").status == 2


def test_an_env_file_is_imported_as_far_as_it_is_asked_for(stack, seaway, here):
    (here / ".env").write_text(
        "# mail\nexport SMTP_PASSWORD='correct horse # battery'\nOTHER=1\n"
        'JWT_SECRET="line\\nline" # two lines\n'
    )

    said = seaway("secrets", "import", ".env")

    assert str(said) == snapshot("""\
SMTP_PASSWORD: version 1 is kept
JWT_SECRET: version 1 is kept
left, as the stack file does not name them: OTHER
[0]\
""")


def test_an_import_that_would_replace_a_value_needs_a_yes(stack, seaway, here, typed):
    (here / ".env").write_text("SMTP_PASSWORD=first-value\n")
    seaway("secrets", "import", ".env")
    (here / ".env").write_text("SMTP_PASSWORD=second-value\n")
    typed("")

    assert seaway("secrets", "import", ".env").status == 2
    assert seaway("secrets", "import", ".env", "--yes").status == 0


def test_importing_the_same_again_changes_nothing(stack, seaway, here):
    (here / ".env").write_text("SMTP_PASSWORD=first-value\n")
    seaway("secrets", "import", ".env")

    again = seaway("secrets", "import", ".env")

    assert again.status == 0
    assert "version" not in again.err


def test_a_secret_that_stored_data_is_encrypted_with_is_not_rotated(write, seaway):
    """Another one would make every object in the store unreadable."""
    write("seaway: 1\nname: shop\ndata: {files: {kind: s3, buckets: {uploads: {}}}}\n")

    assert seaway("secrets", "rotate", "files.sse-key", "-y").status == 2
    assert seaway("secrets", "rotate", "files.secret-key", "-y").status == 0


RING = STACK.replace("{generate: 32}", "{generate: 32, form: base64, keep: 2}")


def kept_value(tmp_path, name: str) -> str:
    [file] = (tmp_path / "state").rglob("vault")
    return FileVault(file).read(name)


def test_a_value_that_data_is_made_with_stays_beside_the_next_ones(write, seaway, here, tmp_path):
    """Programs still read what was encrypted or signed with the values before."""
    (here / "main.py").write_text("")
    write(RING)
    seaway("secrets", "generate")
    rings = [kept_value(tmp_path, "JWT_SECRET")]
    for _ in range(3):
        assert seaway("secrets", "rotate", "JWT_SECRET", "-y").status == 0
        rings.append(kept_value(tmp_path, "JWT_SECRET"))

    keys = [ring.split(",") for ring in rings]
    assert [[key.partition(":")[0] for key in ring] for ring in keys] == [
        ["k1"], ["k2", "k1"], ["k3", "k2", "k1"], ["k4", "k3", "k2"],
    ]  # fmt: skip
    assert keys[3][1:] == keys[2][:2]
    assert {len(base64.b64decode(key.partition(":")[2])) for key in keys[3]} == {32}
    assert {"name": "JWT_SECRET", "version": 4, "state": "set"} in json.loads(
        seaway("secrets", "list", "--format", "json").out
    )


def test_a_value_given_before_there_was_a_ring_is_kept_in_it(write, seaway, here, tmp_path, typed):
    (here / "main.py").write_text("")
    write(RING)
    given = base64.b64encode(bytes(range(32))).decode()
    typed(given)
    seaway("secrets", "set", "JWT_SECRET")

    seaway("secrets", "rotate", "JWT_SECRET", "-y")

    assert kept_value(tmp_path, "JWT_SECRET").split(",")[1] == f"k0:{given}"


def test_one_weak_value_makes_the_ring_weak(write, seaway, here, typed):
    (here / "main.py").write_text("")
    write(RING)
    typed(f"k2:{base64.b64encode(bytes(32)).decode()},k1:short")

    assert "SW706" in seaway("secrets", "set", "JWT_SECRET").err


def test_a_ring_is_not_turned_further_before_its_newest_value_is_in_place(
    write, seaway, here, tmp_path
):
    """Two turns at once could put away the very value that all data is encrypted with."""
    (here / "main.py").write_text("")
    write(RING.replace("keep: 2", "keep: 1"))
    seaway("secrets", "generate")
    [file] = (tmp_path / "state").rglob("vault")
    api = Workload(
        name="api", component="api", program=Command(argv=("true",)),
        env={"JWT_SECRET": Text.of(Secret(name="JWT_SECRET", version=1))},
    )  # fmt: skip
    ledger = SqliteLedger(file.with_name("ledger.db"))
    ledger.record(Release(stack="shop", workloads=(api,)))
    first = seaway("secrets", "rotate", "JWT_SECRET", "-y")

    second = seaway("secrets", "rotate", "JWT_SECRET", "-y")

    assert (first.status, second.status) == (0, 2)
    assert "SW710" in second.err


AGED = """\
seaway: 1
name: shop
services:
  api:
    run: python3 main.py
    secrets: [JWT_SECRET, SMTP_PASSWORD, OLD_ENOUGH]
secrets:
  JWT_SECRET: {generate: 32, rotate: 90d}
  SMTP_PASSWORD: {rotate: 30d}
  OLD_ENOUGH: {generate: 32}
"""


def test_a_value_that_is_older_than_it_may_become_is_said_and_rotated_is_young(
    write, seaway, here, tmp_path
):
    (here / "main.py").write_text("")
    write(AGED)
    seaway("secrets", "generate")
    [file] = (tmp_path / "state").rglob("vault")
    long_ago = FileVault(file, clock=HandClock(datetime.now(UTC) - timedelta(days=91)))
    for name in ("JWT_SECRET", "SMTP_PASSWORD", "OLD_ENOUGH"):
        long_ago.write(name, "a" * 32)

    listed = json.loads(seaway("secrets", "list", "--format", "json").out)
    plan = seaway("plan")
    seaway("secrets", "rotate", "JWT_SECRET", "-y")

    assert {each["name"]: each["state"] for each in listed} == {
        "JWT_SECRET": "old", "SMTP_PASSWORD": "old", "OLD_ENOUGH": "set",
    }  # fmt: skip
    assert "the value of JWT_SECRET is 91 days old, more than its `rotate: 90d`" in plan.err
    assert "SW712" in plan.err
    assert "SW711" not in seaway("plan").err
