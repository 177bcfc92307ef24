"""Lets users write, read, change and remove their documents."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Depends, Response
from pydantic import AfterValidator, Field
from qingyu_contract.database import Record
from seaway_service.bodies import Answer, Body, Moment, sent, takes
from seaway_service.problems import not_found
from seaway_service.routes import router_of

from qingyu.http.identity import Owner
from qingyu.parts import Known

LONGEST = 200_000
"""Characters."""
LARGEST = 1_000_000
"""Bytes of a request."""

router = router_of("documents", prefix="/api/v1/documents")


def something(text: str) -> str:
    """Return the text if it says something."""
    if not text.strip():
        raise ValueError("must not be empty")
    return text


Text = Annotated[str, Field(max_length=LONGEST), AfterValidator(something)]
Title = Annotated[str, Field(max_length=200), AfterValidator(something)]


class Written(Body):
    """A document as it is written."""

    title: Title
    text: Text


class Index(Answer):
    """Whether it can be found, and why not."""

    state: Literal["waiting", "ready", "failed"]
    passages: int = 0
    why: str = ""


class Document(Answer):
    """A document; lists leave out the text."""

    id: str
    title: str
    text: str | None = None
    revision: int
    index: Index
    created_at: Moment
    updated_at: Moment


class OneDocument(Answer):
    """A document."""

    document: Document


class AllDocuments(Answer):
    """The documents, the last changed first."""

    documents: Sequence[Document]


Given = Annotated[Written, Depends(sent(Written, LARGEST))]


@router.get("")
async def documents(known: Known, owner: Owner) -> AllDocuments:
    """List the caller's documents."""
    return AllDocuments(documents=[shown(each) for each in await known.documents.all(owner)])


@router.post("", status_code=201, openapi_extra=takes(Written))
async def add_document(known: Known, owner: Owner, given: Given) -> OneDocument:
    """Keep a new document; it is found when it is indexed."""
    return OneDocument(document=shown(await known.documents.add(owner, given.title, given.text)))


@router.get("/{document}")
async def one_document(known: Known, owner: Owner, document: str) -> OneDocument:
    """Show a document."""
    return OneDocument(document=shown(there(await known.documents.one(owner, document))))


@router.put("/{document}", openapi_extra=takes(Written))
async def change_document(known: Known, owner: Owner, document: str, given: Given) -> OneDocument:
    """Write a document anew; until it is indexed it is found by what it said before."""
    changed = await known.documents.change(owner, document, given.model_dump())
    return OneDocument(document=shown(there(changed)))


@router.delete("/{document}", status_code=204)
async def remove_document(known: Known, owner: Owner, document: str) -> Response:
    """Remove a document; no answer uses it from now on."""
    if not await known.documents.remove(owner, document):
        raise not_found("document")
    return Response(status_code=204)


def there(found: Record | None) -> Record:
    """Return what was found.

    Raises:
        Problem: nothing was.
    """
    if found is None:
        raise not_found("document")
    return found


def shown(record: Record) -> Document:
    """Return a document as its owner sees it."""
    index = {key: record["index"].get(key) for key in Index.model_fields}
    return Document(
        id=record["_id"], title=record["title"], text=record.get("text"),
        revision=record["revision"], created_at=record["created"], updated_at=record["updated"],
        index=Index.model_validate({key: told for key, told in index.items() if told is not None}),
    )  # fmt: skip
