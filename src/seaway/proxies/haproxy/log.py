"""Log: one JSON line for each request (R10). No query string: people put tokens there."""

from collections.abc import Mapping

_TEXTS: Mapping[str, str] = {
    "requestId": "%[var(txn.id)]",
    "client": "%ci",
    "user": "%[var(txn.user),json(utf8s)]",
    "method": "%HM",
    "host": "%[var(txn.host),json(utf8s)]",
    "path": "%[var(txn.path),json(utf8s)]",
    "protocol": "%HV",
    "referer": "%[var(txn.referer),json(utf8s)]",
    "agent": "%[var(txn.agent),json(utf8s)]",
    "forwardedFor": "%[var(txn.told),json(utf8s)]",
    "tls": "%sslv",
    "frontend": "%f",
    "upstream": "%[var(txn.to)]",
    "instance": "%s",
    "retries": "%rc",
    "ended": "%ts",
}
_NUMBERS: Mapping[str, str] = {
    "time": "%Ts.%ms",
    "status": "%ST",
    "bytes": "%B",
    "received": "%U",
    "total": "%Ta",
    "queued": "%Tw",
    "connect": "%Tc",
    "header": "%Tr",
    "response": "%Td",
}
"""Times in milliseconds, -1 where it did not come so far; `time` in seconds since 1970."""


def _log_format() -> str:
    numbers = ",".join(f'"{name}":{value}' for name, value in _NUMBERS.items())
    texts = ",".join(f'"{name}":"{value}"' for name, value in _TEXTS.items())
    return "'{" + f'"kind":"access",{numbers},{texts}' + "}'"


ACCESS_LOG = _log_format()
