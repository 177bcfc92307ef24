"""Lets users save, see the masks of, and delete their provider keys."""

import re
from typing import Annotated

from fastapi import Depends, Response
from pydantic import AfterValidator, Field
from seaway_service.bodies import Answer, Body, Moment, sent, takes
from seaway_service.problems import not_found
from seaway_service.routes import router_of

from aixsss.http.identity import Caller
from aixsss.parts import Known
from aixsss.stores.models import ProviderKey

PROVIDER = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
KEY = re.compile(r"[\x21-\x7e]{12,512}")  # shorter, and the last four would give too much away

router = router_of("provider keys")


def provider_name(text: str) -> str:
    """Return the name if it can be one."""
    if not PROVIDER.fullmatch(text):
        raise ValueError("must be lower case letters, digits, '-' and '_'")
    return text


def provider_key(text: str) -> str:
    """Return the key if it can be one."""
    key = text.strip()
    if not KEY.fullmatch(key):
        raise ValueError("must be 12 to 512 printable characters without spaces")
    return key


class NewKey(Body):
    """A key to save."""

    key: Annotated[str, Field(repr=False), AfterValidator(provider_key)]
    label: Annotated[str, Field(max_length=80)] = ""


class MaskedKey(Answer):
    """What a user sees of a key that was saved; never the key."""

    provider: str
    label: str
    mask: str
    created_at: Moment
    updated_at: Moment


class OneKey(Answer):
    """A key that was saved."""

    key: MaskedKey


class AllKeys(Answer):
    """The keys of a user, by provider."""

    keys: tuple[MaskedKey, ...]


@router.get("/keys")
async def list_keys(known: Known, identity: Caller) -> AllKeys:
    """List the caller's keys, masked."""
    keys = await known.provider_keys.of(identity.user_id)
    return AllKeys(keys=tuple(masked(key) for key in keys))


@router.put("/keys/{provider}", openapi_extra=takes(NewKey))
async def put_key(
    known: Known,
    identity: Caller,
    provider: Annotated[str, AfterValidator(provider_name)],
    new: Annotated[NewKey, Depends(sent(NewKey))],
) -> OneKey:
    """Save a key; it is never shown again."""
    saved = await known.provider_keys.put(identity.user_id, provider, new.label.strip(), new.key)
    return OneKey(key=masked(saved))


@router.delete("/keys/{provider}", status_code=204)
async def delete_key(known: Known, identity: Caller, provider: str) -> Response:
    """Delete a key."""
    if not await known.provider_keys.delete(identity.user_id, provider):
        raise not_found("key")
    return Response(status_code=204)


def masked(key: ProviderKey) -> MaskedKey:
    """Return what a user sees of a key."""
    return MaskedKey(
        provider=key.provider,
        label=key.label,
        mask=f"••••{key.last_four}",
        created_at=key.created_at,
        updated_at=key.updated_at,
    )
