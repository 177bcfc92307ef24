"""HearTalk: a chat service that routes, remembers and reasons, behind one small HTTP API."""
