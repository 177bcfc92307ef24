"""Says what this system and each of its programs is called: in logs, figures, keys and cookies."""

NAME = "lulab"
API, WORKER, PREPARE, RESET = (f"{NAME}-{name}" for name in ("api", "worker", "prepare", "reset"))
