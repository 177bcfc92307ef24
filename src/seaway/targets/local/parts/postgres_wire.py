"""Where the protocol of PostgreSQL was until `seaway.wire` came; for those who know it by this."""

from seaway.wire.postgres import (
    Connection,
    Login,
    Refused,
    Row,
    connected,
    verifier,
    verifies,
)

__all__ = ["Connection", "Login", "Refused", "Row", "connected", "verifier", "verifies"]
