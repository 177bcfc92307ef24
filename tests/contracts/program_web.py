"""A small web server that can be made to fail; started by the contract suite, never imported."""

import http.server
import os
import signal
import sys
from pathlib import Path


class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        broken = Path(os.environ["BROKEN"])
        told = broken.read_text() if broken.exists() else ""
        no = broken.exists() and self.path == (told or "/ready")
        self.send_response(503 if no else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *words):
        sys.stdout.write(f"{words[0]}\n")


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    place = os.environ.get("HOST", "127.0.0.1"), int(os.environ["PORT"])
    http.server.ThreadingHTTPServer(place, Answers).serve_forever()
