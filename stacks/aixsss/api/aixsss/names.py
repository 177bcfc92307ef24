"""Says what this system and each of its programs is called: in logs, figures, keys and cookies."""

NAME = "aixsss"
API, WORKER, REKEY = f"{NAME}-api", f"{NAME}-worker", f"{NAME}-rekey"
