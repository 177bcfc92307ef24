"""Plays the three AI services for the tests of the API alone; the journey meets the real ones.

Vectors are made of the characters of a text, so that texts that share some are alike.
"""

import json
import math
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "of-the-stand-in-0123456789"
DIMENSIONS = 1536


@dataclass(slots=True)
class AiServer:
    """What it keeps, and what it was asked."""

    url: str = ""
    vectors: dict[str, list[float]] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    pictures: dict[str, bytes] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    refuse: tuple[int, str] | None = None

    @property
    def settings(self) -> dict[str, str]:
        """Return the settings of the API for it."""
        names = ("SEARCH", "VISION", "CHAT")
        return {f"{name}_URL": f"{self.url}/v1" for name in names} | {
            f"{name}_KEY": KEY for name in names
        }


def vector_of(text: str) -> list[float]:
    """Return a vector of length 1: one direction for each character."""
    vector = [0.0] * DIMENSIONS
    for character in text:
        vector[ord(character) % DIMENSIONS] += 1.0
    length = math.sqrt(sum(each * each for each in vector)) or 1.0
    return [each / length for each in vector]


class Handler(BaseHTTPRequestHandler):
    """Answers as the services do."""

    ai: AiServer

    def log_message(self, *_words: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", "0")))
        if self.headers.get("authorization") != f"Bearer {KEY}":
            return self.say(401, {"error": {"message": "no", "code": "unauthenticated"}})
        if self.ai.refuse:
            status, code = self.ai.refuse
            return self.say(status, {"error": {"message": "not this", "code": code}})
        if self.path == "/v1/images":
            return self.picture(body)
        answer: dict[str, Any] = getattr(self, self.path.rpartition("/")[2])(json.loads(body))
        return self.say(201 if self.path == "/v1/documents" else 200, answer)

    def do_GET(self) -> None:
        found = self.ai.pictures.get(self.path.rpartition("/")[2])
        if found is None:
            return self.say(404, {"error": {"message": "gone", "code": "not_found"}})
        return self.whole(200, "image/jpeg", found)

    def do_DELETE(self) -> None:
        name = self.path.rpartition("/")[2].replace("%3A", ":")
        self.ai.pictures.pop(name, None)
        self.ai.documents.pop(name, None)
        self.whole(204, "text/plain", b"")

    def embed(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"vectors": [vector_of(each) for each in asked["texts"]]}

    def upsert(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.ai.vectors |= {each["id"]: each["vector"] for each in asked["items"]}
        return {"upserted": len(asked["items"])}

    def delete(self, asked: dict[str, Any]) -> dict[str, Any]:
        gone = [self.ai.vectors.pop(each, None) for each in asked["ids"]]
        return {"deleted": len([each for each in gone if each])}

    def search(self, asked: dict[str, Any]) -> dict[str, Any]:
        wanted = vector_of(asked["text"])
        alike = {
            name: sum(a * b for a, b in zip(wanted, kept, strict=True))
            for name, kept in self.ai.vectors.items()
        }
        found = sorted(alike.items(), key=lambda each: -each[1])[: asked["limit"]]
        results: list[dict[str, Any]] = [
            {"type": "dish", "id": name, "similarity": near, "metadata": {}}
            for name, near in found
            if near >= asked["threshold"]
        ]
        return {"results": results}

    def documents(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.ai.documents[asked["id"]] = asked["text"]
        return {"id": asked["id"], "passages": 1}

    def ask(self, asked: dict[str, Any]) -> dict[str, Any]:
        cached = asked["question"] in self.ai.questions
        self.ai.questions.append(asked["question"])
        source = {"n": 1, "document": "dish:1", "title": "t", "passage": "p", "score": 0.9}
        return {
            "answer": "260 kcal",
            "found": True,
            "sources": [source],
            "cited": [1],
            "cached": cached,
        }

    def picture(self, body: bytes) -> None:
        name = f"photo-{len(self.ai.pictures) + 1}"
        self.ai.pictures[name] = body
        foods = [{"name": "banana", "name_zh": "香蕉", "confidence": 0.9, "nutrition": None}]
        taken = {"id": name, "width": 1024, "height": 768, "format": "jpeg", "expires": "",
                 "recognition": {"foods": foods, "confident": True, "model": "m"}}  # fmt: skip
        self.say(201, taken)

    def say(self, status: int, value: dict[str, Any]) -> None:
        self.whole(status, "application/json", json.dumps(value).encode())

    def whole(self, status: int, media_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("content-type", media_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def ai_server() -> Iterator[AiServer]:
    """Run it for the length of the block."""
    ai = AiServer()
    handler = type("OwnHandler", (Handler,), {"ai": ai})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    ai.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield ai
    finally:
        server.shutdown()
        thread.join()
