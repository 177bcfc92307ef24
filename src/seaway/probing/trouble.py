"""Says in a few words why a connection did not work."""

import os


def trouble(error: OSError) -> str:
    """`connection refused`, `no route to host`: the short text of an error of the network."""
    if error.errno is None:
        return str(error).lower() or "no connection"
    return os.strerror(error.errno).lower()


def seconds(limit: float) -> str:
    """A time in seconds as people write it: `5 s`, `0.5 s`."""
    return f"{limit:g} s"
