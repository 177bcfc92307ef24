"""Makes small valid media files."""

import io
import wave


def wav(size: int) -> bytes:
    """Return a WAV file of about `size` bytes; every second of it differs from the others."""
    frames = (size - 44) // 2
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(44100)
        file.writeframes(b"".join((n % 30011).to_bytes(2, "little") for n in range(frames)))
    return buffer.getvalue()
