"""Names what can go wrong with a store, whichever it is."""


class UnavailableError(Exception):
    """The store does not answer, or answers that it cannot."""

    def __init__(self, part: str) -> None:
        super().__init__(f"{part} does not answer")
        self.part = part


class NotThereError(Exception):
    """The store does not hold what was asked for."""
