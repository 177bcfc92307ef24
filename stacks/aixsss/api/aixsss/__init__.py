"""AIXSSS: accounts, encrypted provider keys and media files behind one small HTTP API."""

__version__ = "1.0.0"
