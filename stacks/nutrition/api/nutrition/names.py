"""Says what this system and each of its programs is called: in logs, figures, keys and cookies."""

NAME = "nutrition"
API, WORKER, PREPARE, TIDY = (f"{NAME}-{name}" for name in ("api", "worker", "prepare", "tidy"))
