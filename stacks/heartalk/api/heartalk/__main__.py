"""`python -m heartalk` serves; `python -m heartalk token USER` writes a token for a user."""

import gc
import signal
import sys
from datetime import timedelta

import uvicorn

from heartalk.app import create_app
from heartalk.logs import write_json
from heartalk.settings import Settings, UnusableEnvironmentError, settings, signing_keys
from heartalk.tokens import Tokens

EX_CONFIG = 78
"""sysexits.h: something in the configuration is wrong; a restart will not help."""


def main() -> int:
    """Return the exit status."""
    try:
        chosen = settings()
    except UnusableEnvironmentError as error:
        sys.stderr.write(f"heartalk: refused to start: {error}\n")
        return EX_CONFIG
    match sys.argv[1:]:
        case []:
            return serve(chosen)
        case ["token", user]:
            lifetime = timedelta(hours=chosen.token_hours)
            keys = signing_keys(chosen.jwt_secret)
            sys.stdout.write(Tokens(keys, lifetime).issue(user) + "\n")
            return 0
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2


def serve(chosen: Settings) -> int:
    """Serve until told to stop, then finish what was asked."""
    write_json(chosen)
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(chosen), host=chosen.host, port=chosen.port, loop="uvloop",
            http="httptools", ws="none", log_config=None, access_log=False, server_header=False,
            forwarded_allow_ips=chosen.trusted_proxies,
            # longer than a balancer keeps idle connections: it must be the one to close them
            timeout_keep_alive=75, timeout_graceful_shutdown=chosen.stop_seconds,
        )
    )  # fmt: skip
    # uvicorn repeats the signal when it is done; by then the stop is a success, not a death
    signal.signal(signal.SIGTERM, lambda *_: None)
    gc.freeze()
    server.run()
    return 0 if server.started else 1


if __name__ == "__main__":
    sys.exit(main())
