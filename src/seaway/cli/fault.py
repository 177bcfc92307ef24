"""What nobody expected: one line for the reader, and a report with secrets masked."""

import os
import re
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path

from seaway import __version__
from seaway.errors import SeawayError

LONGEST_SHOWN = 200


def reported(fault: BaseException, *, verbose: bool) -> SeawayError:
    """Write the report; return the error that tells where it is."""
    report = masked("".join(traceback.format_exception(fault)))
    file = _written(f"seaway {__version__}\n\n{report}")
    problem = masked(f"{type(fault).__name__}: {fault}".splitlines()[0])[:LONGEST_SHOWN]
    shown = "\n" + report.rstrip() if verbose else ""
    return SeawayError("SW600", problem=problem, file=file, report=shown)


CREDENTIALS = re.compile(r"(?P<before>://[^/\s:@]*:)[^@\s/]+(?=@)")
ASSIGNED = re.compile(
    r"(?P<before>\b[\w-]*(?:password|passwd|secret|token|key|credential)s?[\"']?\s*[=:]\s*[\"']?)"
    r"[^\s\"',;)]+",
    re.IGNORECASE,
)
TELLING = re.compile(r"PASSWORD|SECRET|TOKEN|KEY|CREDENTIAL|DSN|URL")
SHORTEST = 6


def masked(text: str) -> str:
    """The text without what looks like a secret, or is one in this process's environment."""
    environment = os.environ  # noqa: TID251 -- to take out what is in it
    for name, value in environment.items():
        if TELLING.search(name) and len(value) >= SHORTEST:
            text = text.replace(value, "***")
    return ASSIGNED.sub(r"\g<before>***", CREDENTIALS.sub(r"\g<before>***", text))


def _written(report: str) -> str:
    """The report's file, readable by its owner only; `-` where none can be written at all."""
    for place in (_folder, _temporary):  # it must not fail for the reason that it reports
        with suppress(OSError, ImportError):
            folder = place()
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            number, name = tempfile.mkstemp(prefix="seaway-fault-", suffix=".txt", dir=folder)
            with os.fdopen(number, "w", encoding="utf-8") as file:
                file.write(report)
            return name
    return "-"


def _temporary() -> Path:
    return Path(tempfile.gettempdir())


def _folder() -> Path:
    from seaway import wiring  # noqa: PLC0415 -- what is broken may be the wiring itself

    return wiring.state_parent() / ".faults"
