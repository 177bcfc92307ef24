"""Says what people are told."""

from uuid import UUID

SHORT = 20
"""Characters that a value in a short message may have, by the rules of its service."""
NOTHING = "没有听到说话 · Nothing was said"


def subject(meeting: str) -> str:
    """Return the subject of the letter."""
    return f"会议纪要 · {meeting}"


def letter(meeting: str, summary: str, address: str, recording: UUID) -> str:
    """Return the text for mail and for the group."""
    link = f"\n\n{address}/#/recordings/{recording}" if address else ""
    return f"《{meeting}》的录制已转写，纪要如下：\n\n{summary}{link}"


def params(meeting: str) -> dict[str, str]:
    """Return the values for the registered text of short messages."""
    return {"meeting": meeting if len(meeting) <= SHORT else meeting[: SHORT - 1] + "…"}
