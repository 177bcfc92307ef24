"""Plays files: whole or by range, with validators, never as anything but media."""

from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from seaway_service.content import Medium, sent
from seaway_service.problems import not_found
from seaway_service.routes import router_of

from aixsss.http.identity import Viewer
from aixsss.parts import Known
from aixsss.stores.models import FileState

router = router_of("files")
BYTES = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}


@router.get(
    "/files/{file_id:uuid}/content",
    response_class=StreamingResponse,
    responses={200: BYTES, 206: BYTES, 304: {}},
)
async def content(request: Request, known: Known, identity: Viewer, file_id: UUID) -> Response:
    """Send the file, or the part of it that is asked for."""
    record = await known.files.one(identity.user_id, file_id)
    if record is None or record.state is not FileState.READY:
        raise not_found("file")
    medium = Medium(
        key=record.object_key,
        name=record.name,
        media_type=record.media_type,
        size=record.size,
        etag=record.etag,
    )
    return await sent(request, known.objects, medium)
