"""Lets users see their conversations again, and forget them."""

from collections.abc import Sequence
from typing import Literal

from fastapi import Response
from qingyu_contract.database import Record
from seaway_service.bodies import Answer, Moment
from seaway_service.problems import not_found
from seaway_service.routes import router_of

from qingyu.http.identity import Owner
from qingyu.parts import Known

router = router_of("conversations", prefix="/api/v1/conversations")


class Source(Answer):
    """A passage that an answer was made from; the answer names it as `[n]`."""

    n: int
    document: str
    title: str
    text: str
    score: float


class Answered(Answer):
    """An answer; a broken one is as long as it got."""

    state: Literal["complete", "broken"]
    text: str
    found: bool
    sources: Sequence[Source]
    cited: Sequence[int]
    instance: str


class Message(Answer):
    """What the user said, and the answer once there is one."""

    id: str
    text: str
    task: Literal["ask", "draft"]
    created_at: Moment
    answer: Answered | None = None


class Conversation(Answer):
    """A conversation; lists leave out the messages."""

    id: str
    title: str
    created_at: Moment
    updated_at: Moment
    messages: Sequence[Message] | None = None


class OneConversation(Answer):
    """A conversation."""

    conversation: Conversation


class AllConversations(Answer):
    """The conversations, the last used first."""

    conversations: Sequence[Conversation]


@router.get("")
async def conversations(known: Known, owner: Owner) -> AllConversations:
    """List the caller's conversations."""
    found = await known.conversations.all(owner)
    return AllConversations(conversations=[shown(each) for each in found])


@router.post("", status_code=201)
async def begin_conversation(known: Known, owner: Owner) -> OneConversation:
    """Begin a conversation."""
    return OneConversation(conversation=shown(await known.conversations.begin(owner)))


@router.get("/{conversation}")
async def one_conversation(known: Known, owner: Owner, conversation: str) -> OneConversation:
    """Show a conversation with all that was said."""
    found = await known.conversations.one(owner, conversation)
    if found is None:
        raise not_found("conversation")
    messages = await known.conversations.messages(owner, conversation)
    return OneConversation(conversation=shown(found, messages))


@router.delete("/{conversation}", status_code=204)
async def remove_conversation(known: Known, owner: Owner, conversation: str) -> Response:
    """Forget a conversation."""
    if not await known.conversations.remove(owner, conversation):
        raise not_found("conversation")
    return Response(status_code=204)


def shown(record: Record, messages: Sequence[Record] | None = None) -> Conversation:
    """Return a conversation as its owner sees it."""
    said = None if messages is None else [shown_message(each) for each in messages]
    return Conversation(
        id=record["_id"], title=record["title"], created_at=record["created"],
        updated_at=record["updated"], messages=said,
    )  # fmt: skip


def shown_message(record: Record) -> Message:
    """Return a message as its owner sees it."""
    answer = record.get("answer")
    return Message(
        id=record["_id"], text=record["text"], task=record["task"], created_at=record["created"],
        answer=Answered.model_validate(answer) if answer else None,
    )  # fmt: skip
