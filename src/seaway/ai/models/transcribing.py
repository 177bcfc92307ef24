"""Transcribing: a recording that comes as a file of a form, and its answer, as OpenAI has them."""

from dataclasses import dataclass

import orjson

from seaway.ai.models.recording import Recording, recording
from seaway.ai.models.tokens import tokens
from seaway.serving.front import Request
from seaway.serving.multipart import parts
from seaway.serving.refusal import Refusal

_FORMS = ("json", "text")
_PLAIN = b"content-type: text/plain; charset=utf-8\r\n"


@dataclass(frozen=True, slots=True)
class Transcription:
    """What is asked."""

    model: str
    recording: Recording
    form: str


def asked_of(request: Request) -> Transcription:
    """The fields that are acted on; others are let pass.

    Raises:
        Refusal: there is no file, no recording in it, or another form of answer is wanted.
    """
    found = parts(request.header("content-type"), request.body)
    told = {
        key: each.data.decode("utf-8", "replace").strip()
        for key, each in found.items()
        if each.filename is None
    }
    form = told.get("response_format") or "json"
    if form not in _FORMS:
        raise Refusal(400, "invalid_value", f"'response_format' is one of {', '.join(_FORMS)}.")
    if told.get("stream", "false").lower() == "true":
        raise Refusal(400, "invalid_value", "Ask for a stream by chat completions.")
    if "file" not in found:
        raise Refusal(400, "invalid_request", "Send the recording as `file`.")
    heard = recording(found["file"].data, told.get("language", ""), told.get("prompt", ""))
    return Transcription(told.get("model", ""), heard, form)


def transcript(asked: Transcription, text: str) -> tuple[bytes, bytes]:
    """Body and headers."""
    if asked.form == "text":
        return text.encode() + b"\n", _PLAIN
    heard, prompt, written = asked.recording.tokens, tokens(asked.recording.prompt), tokens(text)
    usage = {
        "type": "tokens", "input_tokens": heard + prompt, "output_tokens": written,
        "total_tokens": heard + prompt + written,
        "input_token_details": {"audio_tokens": heard, "text_tokens": prompt},
    }  # fmt: skip
    return orjson.dumps({"text": text, "usage": usage}), b""
