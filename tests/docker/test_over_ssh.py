"""A stack on another machine: an sshd of our own before the engine of this one, and real commands.

The machine is this one, so nothing of it is bare; tools/bare-host tries one that is.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from httpx2 import get

from seaway.targets.docker.engine import SOCKET
from seaway.targets.docker.images.bases import PYTHON
from tests.docker.test_images import there
from tests.faults.torture.town import free_port

SSHD = "/usr/sbin/sshd"
INTERRUPTED = 130
SEAWAY = (sys.executable, "-m", "seaway")
STEP = """
import asyncio, sys
from seaway.targets.docker.hosts import bare, ssh
from seaway.targets.docker.hosts.address import parsed
async def main():
    async with ssh.connected(parsed(sys.argv[1])) as connection:
        host = await bare.look(connection)
        step = bare.Act("a step", f"sleep 1; echo begun; sleep 1; echo ended; touch {sys.argv[2]}")
        print("goes", flush=True)
        await bare.perform(step, host, connection)
asyncio.run(main())
"""
STACK = """
seaway: 1
name: afar
services:
  web: {{static: ./web}}
ingress:
  afar.example.com: {{tls: "off", routes: {{/: {{to: web}}}}}}
  ports: {{http: {http}, https: {https}}}
environments:
  far: {{target: "docker ssh://{user}@127.0.0.1:{port}{state}"}}
"""


pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(
        not Path(SOCKET).exists() or not Path(SSHD).exists() or not there(PYTHON),
        reason="no engine with the base image, or no sshd",
    ),
]


class Far:
    """A machine far away."""

    def __init__(self, folder):
        self.folder, self.port, self.http = folder, free_port(), free_port()
        self.home, self.state, self.stack = folder / "home", folder / "state", folder / "stack"
        for each in (self.home / ".ssh", self.stack / "web"):
            each.mkdir(parents=True, mode=0o700)
        self.web("one")
        for name in (folder / "host", folder / "other", self.home / ".ssh" / "id_ed25519"):
            self._quietly("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(name))
        (folder / "let_in").write_text((self.home / ".ssh" / "id_ed25519.pub").read_text())
        (folder / "config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nUsePAM no\n"
            f"AuthorizedKeysFile {folder}/let_in\nPidFile none\nStrictModes no\n"
            "PasswordAuthentication no\n"
        )
        user = self._quietly("id", "-un").strip()
        (self.stack / "seaway.yaml").write_text(
            STACK.format(
                http=self.http, https=free_port(), user=user, port=self.port, state=self.state
            )
        )
        Path("/run/sshd").mkdir(exist_ok=True)
        argv = (SSHD, "-D", "-e", "-f", str(folder / "config"))
        self.sshd = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
        self.processes, self.near = [], folder / "near.env"
        self.near.write_text("NEAR=by\n")
        self.env = {
            **os.environ, "HOME": str(self.home), "SEAWAY_STATE": str(self.folder / "near"),
            "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(Path.home() / ".cache")),
            "SSH_AUTH_SOCK": "",
        }  # fmt: skip

    def web(self, words):
        (self.stack / "web" / "index.html").write_text(words)

    def known(self, key="host"):
        """Note a key as the machine's."""
        public = (self.folder / f"{key}.pub").read_text()
        file = self.home / ".ssh" / "known_hosts"
        file.write_text(f"[127.0.0.1]:{self.port} {public}")

    def call(self, *arguments, status=0, stdin=""):
        """What a command says; it must end with that status."""
        said = subprocess.run(
            [*SEAWAY, *arguments, "-e", "far"], cwd=self.stack, env=self.env,
            input=stdin, capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip
        assert said.returncode == status, said.stdout + said.stderr
        return said.stdout if status == 0 else said.stderr

    def begun(self, argv, **more):
        """A process that is not waited for; it ends with the test at the latest."""
        process = subprocess.Popen(
            argv, cwd=self.stack, env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, text=True, **more,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def broken_off(self, *arguments):
        """The status of a command that gets Ctrl-C once it runs there."""
        call = self.begun([*SEAWAY, *arguments, "-e", "far"])
        deadline = time.monotonic() + 20
        while arguments[0] not in self.processes_there() and time.monotonic() < deadline:
            time.sleep(0.1)
        call.send_signal(signal.SIGINT)
        return call.wait(timeout=20)

    def looked_at(self):
        """What the doctor has looked at."""
        checks = json.loads(self.call("doctor", "--format", "json"))["checks"]
        return {each["check"] for each in checks}

    def says(self):
        """What the front end answers, once it answers."""
        answer = get(f"http://127.0.0.1:{self.http}/", headers={"host": "afar.example.com"})
        return answer.text

    def processes_there(self):
        """What runs in the container of Seaway itself."""
        mark = f"label=seaway.folder={self.state}"
        container = self._quietly("docker", "ps", "-q", "--filter", mark).strip()
        return self._quietly("docker", "top", container, "-o", "pid,args")

    def close(self):
        for each in self.processes:
            each.kill()
            each.communicate(timeout=20)
        self.sshd.terminate()
        self.sshd.wait(timeout=20)
        for mark in (f"label=seaway.folder={self.state}", "label=seaway.stack=afar"):
            for found in self._quietly("docker", "ps", "-aq", "--filter", mark).split():
                self._quietly("docker", "rm", "-f", found)
        shutil.rmtree(self.folder)

    @staticmethod
    def _quietly(*argv):
        return subprocess.run(
            argv, capture_output=True, text=True, timeout=60, check=True
        ).stdout  # fmt: skip


@pytest.fixture
def far():
    folder = Path(tempfile.mkdtemp(prefix="seaway-far-", dir="/var/tmp"))
    folder.chmod(0o755)
    machine = Far(folder)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", machine.port)) == 0:
                break
    yield machine
    machine.close()


def test_a_machine_whose_key_is_not_known_is_never_spoken_to(far):
    """Whoever answers at the address of a host must not be handed a stack for that."""
    unknown = far.call("status", status=1)
    far.known("other")
    changed = far.call("status", status=1)
    refused = far.call("host", "add", f"ssh://127.0.0.1:{far.port}", "-y", status=1)

    assert "SW214" in unknown
    assert "SHA256:" in unknown
    assert "SW215" in changed
    assert "SW215" in refused
    assert (far.home / ".ssh" / "known_hosts").read_text().count("\n") == 1


def test_who_is_not_let_in_is_told_so(far):
    far.known()
    (far.folder / "let_in").write_text("")

    assert "SW216" in far.call("status", status=1)


def test_a_step_that_has_begun_on_a_host_ends_though_the_line_is_cut(far, tmp_path):
    """Ctrl-C amid an installation must not leave half of it there."""
    far.known()
    done = tmp_path / "done"
    url = f"ssh://127.0.0.1:{far.port}"
    call = far.begun([sys.executable, "-c", STEP, url, str(done)], stderr=subprocess.DEVNULL)
    call.stdout.readline()
    time.sleep(0.5)

    call.send_signal(signal.SIGINT)
    call.wait(timeout=20)
    cut = not done.exists()
    deadline = time.monotonic() + 20
    while not done.exists() and time.monotonic() < deadline:
        time.sleep(0.1)

    assert cut
    assert done.exists()


def test_a_stack_is_deployed_looked_at_and_brought_back_over_ssh(far):
    """All of a stack's life by the same words as on this machine, and nothing of it kept here."""
    far.known()
    assert "SW624" in far.call("status", status=7)

    far.call("deploy", "-y")
    first = far.says()
    far.web("two")
    far.call("deploy", "-y")
    second = far.says()
    far.call("rollback", "-y")
    third = far.says()
    status = json.loads(far.call("status", "--format", "json"))
    far.call("secrets", "import", str(far.near))
    looked_at = far.looked_at()
    left = far.broken_off("logs", "--follow")
    there = far.processes_there()
    far.call("down")

    assert (first, second, third) == ("one", "two", "one")
    assert status["release"] == 3
    assert status["supervisor"] > 0
    assert {"host", "supervision", "running"} <= looked_at
    assert left == INTERRUPTED
    assert "supervise" in there
    assert "logs" not in there
    assert not (far.folder / "near" / "afar@far" / "ledger.db").exists()
    assert "SW624" in far.call("status", status=7)
