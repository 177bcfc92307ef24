"""What a Redis says to a replica that has to wait."""

import socket

from seaway.wire.redis import Session


def test_signs_of_life_before_a_snapshot_are_lines():
    """A server whose snapshot takes a second or more sends bare newlines until it is made."""
    ours, theirs = socket.socketpair()
    theirs.sendall(b"+FULLRESYNC 0123 0\r\n\n\n$3\r\nabc")
    session = Session(ours)
    theirs.close()

    lines = [session.line() for _ in range(4)]

    assert lines == ["+FULLRESYNC 0123 0", "", "", "$3"]
    assert session.read(3) == b"abc"
    session.close()
