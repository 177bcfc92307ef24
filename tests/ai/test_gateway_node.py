"""OpenAI's client for Node, unchanged, against the gateway."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.ai.conftest import KEY, gateway, provider

FOLDER = Path(__file__).parent / "node"


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client, installed as its lock says; skipped where there is no Node or no registry."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("node")
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    done = subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--loglevel=error"], cwd=folder,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"npm cannot install: {done.stderr[-300:]}")
    return folder


async def test_node_s_client_works_unchanged(node, simulator):
    routes = {
        "chat": {"to": [{"provider": "one", "model": "chat"}]},
        "broken": {"to": [{"provider": "one", "model": "chat!pace;for=20ms,cut;at=5"}]},
    }
    async with gateway({"one": provider(simulator)}, routes=routes) as door:
        done = subprocess.run(
            ["node", "ask.mjs", f"{door.url}/v1", KEY, "broken"], cwd=node,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr

    found = json.loads(done.stdout)
    assert found["whole"] == found["streamed"]
    assert found["whole"].startswith("关于“怎样做红烧肉？”")
    assert found["usage"][0] == found["usage"][1] > 0
    assert found["tool"] == "get_weather"
    assert "PNG picture of 1 x 1" in found["seen"]
    assert found["dimensions"] == [1536, 1536]
    assert found["models"] == ["chat", "broken"]
    assert found["errors"] == {
        "model": "NotFoundError 404 model_not_found",
        "key": "AuthenticationError 401 invalid_api_key",
        "stream": "APIError stream_interrupted",
    }
