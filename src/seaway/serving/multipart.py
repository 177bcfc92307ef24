"""Multipart: the fields and the file of a form, as browsers and curl send them."""

import re
from dataclasses import dataclass
from email.message import Message
from urllib.parse import unquote

from seaway.serving.refusal import Refusal

_MOST_PARTS = 20
_NAMED = re.compile(rb"content-disposition:\s*form-data;([^\r\n]*)", re.IGNORECASE)
_VALUE = re.compile(r';?\s*(name|filename)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, slots=True)
class Part:
    """One field."""

    data: bytes
    filename: str | None
    """Only of a file."""


def parts(content_type: str, body: bytes) -> dict[str, Part]:
    """By name of the field.

    Raises:
        Refusal: it is no form.
    """
    message = Message()
    message["content-type"] = content_type
    boundary = message.get_boundary()
    if message.get_content_type() != "multipart/form-data" or not boundary:
        raise Refusal(415, "unsupported_type", "Send a form with a field called `file`.")
    mark = b"\r\n--" + boundary.encode("latin-1", "replace")
    pieces = (b"\r\n" + body).split(mark)
    if len(pieces) > _MOST_PARTS or not pieces[-1].startswith(b"--"):
        raise Refusal(400, "invalid_form", "The form is not complete, or has too many fields.")
    return dict(_part(each) for each in pieces[1:-1])


def _part(piece: bytes) -> tuple[str, Part]:
    head, found, data = piece.partition(b"\r\n\r\n")
    named = _NAMED.search(head)
    if not found or not named:
        raise Refusal(400, "invalid_form", "A field of the form has no name.")
    given = dict(_VALUE.findall(named[1].decode("utf-8", "replace")))
    filename = given.get("filename")
    return given.get("name", ""), Part(data, None if filename is None else unquote(filename))
