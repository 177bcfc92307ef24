"""Keeps the sessions: who is logged in, and which refresh token is the current one."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import NewType
from uuid import UUID, uuid4

import valkey.asyncio as valkey

from seaway_service.cache import translated
from seaway_service.tokens import Identity

RefreshToken = NewType("RefreshToken", str)

BEGIN = """
redis.call('HSET', KEYS[1], 'user', ARGV[1], 'current', ARGV[2], 'rotated', '0')
redis.call('EXPIRE', KEYS[1], ARGV[3])
"""

# The token before the current one is good for ten more seconds: two tabs may refresh at once, and
# an answer may be lost. Later than that it can only come from a thief or a victim, and as nobody
# can tell which, the session ends (RFC 9700, section 4.14.2).
ROTATE = """
local session = redis.call('HMGET', KEYS[1], 'user', 'current', 'previous', 'rotated')
if not session[1] then return false end
local now = tonumber(redis.call('TIME')[1])
if ARGV[1] == session[2] then
  redis.call('HSET', KEYS[1], 'previous', session[2], 'current', ARGV[2], 'rotated', now)
elseif ARGV[1] == session[3] and now - tonumber(session[4]) <= 10 then
  redis.call('HSET', KEYS[1], 'current', ARGV[2])
else
  redis.call('DEL', KEYS[1])
  return false
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return session[1]
"""


class SessionEndedError(Exception):
    """The session was withdrawn, expired, or its token was used by somebody else."""


class Sessions:
    """The sessions in Redis; of the tokens only digests are kept, keyed with a secret if any.

    A token has 256 random bits: without a secret too, nobody finds it by its digest.
    """

    def __init__(
        self, client: valkey.Valkey, lifetime: timedelta, *, prefix: str, secret: str = ""
    ) -> None:
        self._client, self._prefix = client, prefix
        self._secret = secret.encode()
        self._begin = client.register_script(BEGIN)
        self._rotate = client.register_script(ROTATE)
        self.lifetime = lifetime

    async def begin(self, user_id: UUID) -> tuple[Identity, RefreshToken]:
        """Begin a session."""
        identity = Identity(user_id, uuid4())
        token = new_token(identity.session_id)
        seconds = int(self.lifetime.total_seconds())
        with translated():
            await self._begin(
                keys=[self._key(identity.session_id)],
                args=[str(user_id), self._digest(token), seconds],
            )
        return identity, token

    async def refresh(self, token: str) -> tuple[Identity, RefreshToken]:
        """Take a refresh token and give the next one.

        Raises:
            SessionEndedError: the token is not, or no longer, good.
        """
        session_id = session_of(token)
        successor = new_token(session_id)
        seconds = int(self.lifetime.total_seconds())
        with translated():
            user = await self._rotate(
                keys=[self._key(session_id)],
                args=[self._digest(token), self._digest(successor), seconds],
            )
        if not user:
            raise SessionEndedError
        return Identity(UUID(str(user)), session_id), successor

    async def alive(self, identity: Identity) -> bool:
        """Tell whether the session was not withdrawn."""
        with translated():
            return bool(await self._client.exists(self._key(identity.session_id)))

    async def withdraw(self, token: str) -> None:
        """End the session the token belongs to; one that is over is fine."""
        try:
            await self.refresh(token)
        except SessionEndedError:
            return
        with translated():
            await self._client.delete(self._key(session_of(token)))

    def _key(self, session_id: UUID) -> str:
        """Return where a session is kept."""
        return f"{self._prefix}:session:{session_id}"

    def _digest(self, token: str) -> str:
        """Return what is kept of a token."""
        return hmac.new(self._secret, token.encode(), hashlib.sha256).hexdigest()


def new_token(session_id: UUID) -> RefreshToken:
    """Return a token with 256 random bits."""
    return RefreshToken(f"{session_id.hex}.{secrets.token_urlsafe(32)}")


def session_of(token: str) -> UUID:
    """Return which session a token claims to belong to."""
    try:
        return UUID(token.partition(".")[0])
    except ValueError as error:
        raise SessionEndedError from error
