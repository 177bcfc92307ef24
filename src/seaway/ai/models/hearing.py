"""Hearing: what is said in a recording, by Whisper, a network that writes down speech."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportMissingTypeStubs=false
# faster_whisper has half of its types.

import asyncio
import mmap
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from faster_whisper import WhisperModel  # type: ignore[import-untyped]  # see above
from faster_whisper.vad import get_speech_timestamps  # type: ignore[import-untyped]  # likewise

from seaway.ai.models.lane import Lane
from seaway.ai.models.recording import Recording, Samples, pieces
from seaway.serving.refusal import Refusal

CHINESE = "以下是普通话的会议记录。"
"""Said before Chinese: without it every second text comes in traditional characters."""


class Hearing:
    """One recording at a time, on one thread: about a quarter of its length (one core)."""

    def __init__(
        self, parts: Sequence[Path], config: Path, tokenizer: Path, vocabulary: Path
    ) -> None:
        files = {
            "model.bin": _Joined(parts),
            "config.json": config.read_bytes(),
            "tokenizer.json": tokenizer.read_bytes(),
            "vocabulary.txt": vocabulary.read_bytes(),
        }
        self._model = WhisperModel(
            "whisper-base", device="cpu", compute_type="int8", cpu_threads=1, files=files
        )
        self.languages = frozenset(map(str, self._model.supported_languages))

    async def said(self, found: Recording, lane: Lane) -> AsyncIterator[str]:
        """What is said, sentence by sentence; ends soon when nobody listens any more.

        Raises:
            Refusal: it cannot be decoded, is too long, or there are too many.
        """
        loop, over = asyncio.get_running_loop(), threading.Event()
        heard: asyncio.Queue[str | None] = asyncio.Queue()

        def work() -> None:
            for text in self._texts(found, over.is_set):
                loop.call_soon_threadsafe(heard.put_nowait, text)

        working = asyncio.ensure_future(lane.run(work))
        working.add_done_callback(lambda _: heard.put_nowait(None))
        try:
            while (text := await heard.get()) is not None:
                yield text
            await working
        finally:
            over.set()
            working.cancel()

    def check(self, language: str) -> None:
        """Let only languages pass that it knows.

        Raises:
            Refusal: 400, it does not know this one.
        """
        if language and language not in self.languages:
            message = f"The language {language!r} is not known; leave it out to have it found out."
            raise Refusal(400, "invalid_language", message)

    def _texts(self, found: Recording, over: Callable[[], bool]) -> Iterator[str]:
        begun = False
        for samples in pieces(found, over):
            for text in self._in_piece(found, samples, over):
                shown = text if begun else text.lstrip()
                begun = begun or bool(shown)
                if shown:
                    yield shown

    def _in_piece(
        self, found: Recording, samples: Samples, over: Callable[[], bool]
    ) -> Iterator[str]:
        if not get_speech_timestamps(samples):  # of silence it would make up words
            return
        segments, told = self._model.transcribe(
            samples, language=found.language or None, vad_filter=True,
            initial_prompt=found.prompt or (CHINESE if found.language == "zh" else None),
        )  # fmt: skip
        if told.language == "zh" and not (found.language or found.prompt):
            segments, _ = self._model.transcribe(
                samples, language="zh", vad_filter=True, initial_prompt=CHINESE
            )
        for each in segments:
            if over():
                return
            yield str(each.text)


class _Joined:
    """Halves of one file, which no package could carry whole; read once, kept by nobody here."""

    def __init__(self, parts: Sequence[Path]) -> None:
        self._parts = parts

    def read(self) -> bytes:
        """All of it; mapped, the halves need no memory of their own."""
        with ExitStack() as stack:
            files = [stack.enter_context(each.open("rb")) for each in self._parts]
            maps = [mmap.mmap(each.fileno(), 0, access=mmap.ACCESS_READ) for each in files]
            return b"".join(stack.enter_context(each) for each in maps)
