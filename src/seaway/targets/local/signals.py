"""Signals: the module `signal` without the enumerations it makes of all numbers first: 7 ms."""

TYPE_CHECKING = False  # the one in `typing` costs 3 ms
if TYPE_CHECKING:
    import signal
else:
    import _signal as signal

__all__ = ["signal"]
