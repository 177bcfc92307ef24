"""A stack that Seaway ran, handed over to the real Compose: it comes up, and its data is there."""

import json
import os
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import pytest

from seaway.targets.docker.engine import SOCKET
from seaway.targets.docker.images.bases import PYTHON
from tests.docker.test_images import there
from tests.faults.torture.town import free_port

pytestmark = [
    pytest.mark.docker,
    pytest.mark.timeout(400),
    pytest.mark.skipif(
        not Path(SOCKET).exists() or not there(PYTHON), reason="no engine with the base image"
    ),
]
STACK = """\
seaway: 1
name: pier-{pid}
services:
  api:
    run: python3 main.py
    source: ./api
    port: 8000
    replicas: 2
    uses: [cache]
    health: {{ready: /readyz, every: 2s}}
  web: {{static: ./web}}
data:
  cache: {{kind: redis, memory: 32Mi, persist: aof}}
ingress:
  ports: {{http: {port}}}
  pier.example.com:
    routes:
      /: {{to: web}}
      /api: {{to: api}}
environments:
  docker: {{target: docker}}
"""
PROGRAM = '''
import os, socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from tests.docker.test_images import there
from tests.faults.torture.town import free_port

def ask(*words):
    """One question to Redis, logged in."""
    with socket.create_connection((os.environ["REDIS_HOST"], int(os.environ["REDIS_PORT"]))) as it:
        for each in (("AUTH", os.environ["REDIS_PASSWORD"]), words):
            parts = "".join(f"${len(word.encode())}\\r\\n{word}\\r\\n" for word in each)
            it.sendall(f"*{len(each)}\\r\\n{parts}".encode())
        lines = it.makefile()
        assert lines.readline() == "+OK\\n"
        told = lines.readline().strip()
        return lines.readline().strip() if told.startswith("$") else told

class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        text = ask("PING") if self.path == "/readyz" else ask("GET", "kept")
        self.answer(text)
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(ask("SET", "kept", body.decode()))
    def answer(self, text):
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())
    def log_message(self, *_):
        pass

ThreadingHTTPServer(("0.0.0.0", 8000), Answers).serve_forever()
'''


class Pier:
    """The project, and the commands that are given in it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder / "project", free_port()
        self.name = f"pier-{os.getpid()}"
        for name, text in {"api/main.py": PROGRAM, "web/index.html": "<p>pier</p>"}.items():
            (self.folder / name).parent.mkdir(parents=True)
            (self.folder / name).write_text(text)
        text = STACK.format(pid=os.getpid(), port=self.port)
        (self.folder / "seaway.yaml").write_text(text)
        self.env = {
            **os.environ, "SEAWAY_STATE": str(folder / "state"), "SEAWAY_ENVIRONMENT": "docker",
            "NO_COLOR": "1",
        }  # fmt: skip

    def run(self, *argv: str, where: str = ".", check: bool = True) -> str:
        done = subprocess.run(
            argv, cwd=self.folder / where, env=self.env, capture_output=True, text=True,
            timeout=300, check=False,
        )  # fmt: skip
        assert not check or done.returncode == 0, f"{argv}: {done.stdout}{done.stderr}"
        return done.stdout

    def seaway(self, *words: str, check: bool = True) -> str:
        return self.run(sys.executable, "-m", "seaway", *words, check=check)

    def compose(self, *words: str, check: bool = True) -> str:
        program = str(Path(sys.executable).with_name("docker-compose"))
        return self.run(program, *words, where="out", check=check)

    def ask(self, path: str, body: bytes | None = None) -> str:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        host = {"Host": "pier.example.com"}
        connection.request("POST" if body else "GET", path, body, host)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        assert answer.status == 200, text
        return text


@pytest.fixture
def pier(tmp_path):
    for each in (tmp_path, *tmp_path.parents[:2]):  # containers run as another user
        each.chmod(0o755)
    made = Pier(tmp_path)
    try:
        yield made
    finally:
        if (made.folder / "out" / "compose.yaml").exists():
            made.compose("--profile", "*", "down", "--volumes", "--timeout", "2", check=False)
        made.seaway("down", check=False)
        made.seaway("down", "--destroy-data", made.name, check=False)


@pytest.mark.long
def test_compose_goes_on_with_what_seaway_ran(pier):
    """Healthy by its own checks, reached by the ingress, each secret known to those it is for."""
    pier.seaway("up", "-d")
    assert pier.ask("/api", b"from Seaway") == "+OK"
    pier.seaway("eject", "-o", "out")
    pier.seaway("down")
    _borrow(pier)
    pier.compose("up", "--detach", "--wait", "--wait-timeout", "120")

    assert pier.ask("/api") == "from Seaway"
    assert pier.ask("/") == "<p>pier</p>"
    secret = (pier.folder / "out" / "secrets" / "cache.password").read_text()
    told = pier.run("docker", "inspect", *pier.compose("ps", "--quiet").split())
    assert secret not in told
    assert secret not in pier.compose("logs")
    seen = {each["Name"]: each["HostConfig"] for each in json.loads(told)}
    assert len(seen) == 5
    assert all(each["ReadonlyRootfs"] and each["CapDrop"] == ["ALL"] for each in seen.values())


def _borrow(pier: Pier) -> None:
    """The image of parts as the Docker target made it: to make it anew takes minutes here."""
    whole = json.loads(pier.compose("config", "--format", "json"))
    wanted = whole["services"]["cache"]["image"]
    label = "label=org.opencontainers.image.title=parts"
    images = pier.run("docker", "images", "--quiet", "--filter", label)
    pier.run("docker", "tag", images.split()[0], wanted)
