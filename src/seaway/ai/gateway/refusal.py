"""Refusals that only a gateway has."""

from seaway.serving.refusal import Refusal


def interrupted(why: str) -> Refusal:
    """The typed end of a stream that its provider did not finish."""
    message = f"The provider did not finish its answer ({why}). What came so far is incomplete."
    return Refusal(502, "stream_interrupted", message)


def only(method: bytes, wanted: bytes) -> None:
    """Refuse another method."""
    if method != wanted:
        raise Refusal(405, "method_not_allowed", f"Use {wanted.decode()}.")
