"""Alarms: what keeps a supervisor from its work, as lines of JSON in its log."""

import json
import os
from collections import deque
from collections.abc import Mapping
from datetime import datetime, timedelta

from seaway.ports.clock import Clock

AGAIN = timedelta(minutes=1)
"""What goes on is said again after so long."""
KEPT = 200
"""Lines that are remembered while the log cannot be written; older ones are given up."""


class Alarms:
    """Says each thing once, and again while it lasts; later, where nothing can be written now."""

    def __init__(self, clock: Clock, log: int = 2) -> None:
        """`log` is the descriptor of the log: what is buffered above it would be written twice."""
        self._clock, self._log = clock, log
        self._said: dict[str, datetime] = {}
        self._waiting: deque[bytes] = deque(maxlen=KEPT)

    def __call__(self, code: str, facts: Mapping[str, object]) -> None:
        now = self._clock.now()
        text, fix = _words(code, facts)
        self._said = {each: at for each, at in self._said.items() if at > now - AGAIN}
        if text not in self._said:
            self._said[text] = now
            line = {
                "t": now.isoformat(timespec="milliseconds"),
                "code": code,
                "m": text,
                "fix": fix,
            }
            self._waiting.append(f"{json.dumps(line, ensure_ascii=False)}\n".encode())
        self.flush()

    def flush(self) -> None:
        """Write what is waiting, as far as it goes."""
        try:
            while self._waiting:
                rest = self._waiting[0][os.write(self._log, self._waiting[0]) :]
                if rest:
                    self._waiting[0] = rest
                else:
                    self._waiting.popleft()
        except OSError:
            return  # the log is on the disk that is full


def _words(code: str, facts: Mapping[str, object]) -> tuple[str, str]:
    """What is wrong, and what helps; without either where no file can be opened to read them."""
    try:
        from seaway.messages import Language, say  # noqa: PLC0415 -- all words are slow to load
    except (OSError, ImportError):
        return f"{code} {dict(facts)}", ""
    said = say(code, facts, Language.EN)
    return said.text, said.fix
