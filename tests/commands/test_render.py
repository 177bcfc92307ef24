"""`seaway render` writes a folder by which Compose runs the stack, and no secret into it."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "compose"
STACK = """\
seaway: 1
name: harbour
services:
  api:
    run: python3 main.py --port $PORT
    source: ./api
    port: 8000
    replicas: 2..12
    scale: {cpu: 70%}
    uses: [cache, db]
    health: {ready: /readyz, start: 40s, every: 10s, timeout: 3s, failures: 4}
    env: {PRICE: "5$ {a}", GREETING: 你好}
    secrets: [JWT_SECRET, PARTNER_KEY]
    resources: {cpu: 1.5, memory: 512Mi, pids: 128, files: 2048}
    stop: {grace: 20s}
    logs: {size: 5MB, files: 2}
  tidy: {run: python3 main.py tidy, source: ./api, schedule: "30 3 * * *", uses: [db]}
  web:
    static: ./web
data:
  cache: {kind: redis, memory: 64Mi, persist: aof}
  db:
    kind: postgres
    init: ["first/*.sql"]
    backup: {to: local}
ingress:
  harbour.example.com:
    tls: auto
    routes:
      /: {to: web}
      /api: {to: api, body: 1MB}
secrets:
  JWT_SECRET: {generate: 48, keep: 1}
  PARTNER_KEY: {min_length: 20}
"""
OTHERS = (".lua", ".map", "-told.json")
"""Files of the proxy that its own tests look at; and what only Seaway's own programs read."""
VALUE = "canary-of-partner-0123456789"


@pytest.fixture
def project(here, write):
    for name, text in {
        "api/main.py": "print('hello')\n", "api/.env": f"PARTNER_KEY={VALUE}\n",
        "web/index.html": "<h1>Harbour</h1>\n", "first/1.sql": "CREATE TABLE a (b int);\n",
    }.items():  # fmt: skip
        (here / name).parent.mkdir(exist_ok=True)
        (here / name).write_text(text)
    write(STACK)
    return here


def compose(folder, *arguments):
    program = Path(sys.executable).with_name("docker-compose")
    argv = (program, "--file", folder / "compose.yaml", *arguments)
    return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)


def texts(folder):
    """All that was rendered, but for what the images are made of."""
    files = (each for each in folder.rglob("*") if each.is_file())
    names = {str(each.relative_to(folder)): each for each in files}
    return {
        name: re.sub(r"(seaway/[\w-]+:)[0-9a-f]{12}", r"\1CONTENT", each.read_text())
        for name, each in sorted(names.items())
        if not name.startswith("images/") and not name.endswith(OTHERS)
    }  # fmt: skip


def test_what_is_rendered_is_what_was_looked_at(seaway, project, monkeypatch):
    """Set SEAWAY_GOLDEN=1 to write the files anew, then read the difference."""
    monkeypatch.setenv("SEAWAY_LANG", "en")
    said = seaway("render", "-t", "compose", "-o", "out")
    found = texts(project / "out")
    if os.environ.get("SEAWAY_GOLDEN"):
        shutil.rmtree(GOLDEN, ignore_errors=True)
        for name, text in found.items():
            (GOLDEN / name).parent.mkdir(parents=True, exist_ok=True)
            (GOLDEN / name).write_text(text)

    assert (said.status, said.out) == (0, "")
    assert found == texts(GOLDEN)


def test_the_real_compose_takes_it_and_understands_what_is_meant(seaway, project):
    """It checks the file by the schema of the Compose specification, which is in it."""
    seaway("render", "-o", "out")
    done = compose(project / "out", "--profile", "*", "config", "--format", "json")
    whole = json.loads(done.stdout)
    api = whole["services"]["api"]

    assert (done.returncode, done.stderr) == (0, "")
    assert api["environment"]["PRICE"] == "5$$ {a}", "as it is written, for another Compose"
    assert api["command"] == ["python3", "main.py", "--port", "8000"]
    assert whole["services"]["tidy"]["profiles"] == ["schedules"]
    subnets = [each["ipam"]["config"][0]["subnet"] for each in whole["networks"].values()]
    assert len(set(subnets)) == len(subnets)


def test_no_secret_and_no_path_of_this_machine_is_in_it(seaway, project, monkeypatch):
    for name, value in (("PARTNER_KEY", VALUE), ("db.password", f"{VALUE}-db")):
        monkeypatch.setattr("sys.stdin", Piped(value))
        assert seaway("secrets", "set", name).status == 0
    seaway("render", "-o", "out")

    every = [each for each in (project / "out").rglob("*") if each.is_file()]
    assert not [each for each in every if VALUE.encode() in each.read_bytes()]
    own = [each for each in every if "/root/app/seaway/" not in str(each)]
    assert not [each for each in own if str(project).encode() in each.read_bytes()]


def test_written_again_it_keeps_the_secrets_and_nothing_that_is_gone(seaway, project):
    seaway("render", "-o", "out")
    (project / "out" / "secrets" / "PARTNER_KEY").write_text(VALUE)
    (project / "out" / "config" / "old.json").write_text("{}")

    assert seaway("render", "-o", "out").status == 0
    assert (project / "out" / "secrets" / "PARTNER_KEY").read_text() == VALUE
    assert not (project / "out" / "config" / "old.json").exists()


def test_a_folder_of_others_is_left_alone(seaway, project):
    (project / "out").mkdir()
    (project / "out" / "compose.yaml").write_text("services: {}\n")
    said = seaway("render", "-o", "out")

    assert said.status == 2
    assert "SW286" in said.err
    assert [each.name for each in (project / "out").iterdir()] == ["compose.yaml"]


def test_what_seaway_leads_is_refused_with_its_place(seaway, project, write):
    write(STACK.replace("    init:", "    standby: {count: 1}\n    init:"))
    said = seaway("render", "-o", "out")

    assert said.status == 2
    assert "SW283" in said.err
    assert not (project / "out").exists()


def test_without_a_folder_the_file_is_shown(seaway, project):
    said = seaway("render")

    assert said.out.startswith("# Written by `seaway render`")
    assert not (project / "compose.yaml").exists()


class Piped:
    """Standard input that is no terminal."""

    def __init__(self, text: str) -> None:
        self.text = text

    def read(self) -> str:
        return self.text

    def isatty(self) -> bool:
        return False
