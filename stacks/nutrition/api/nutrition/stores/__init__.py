"""Talks to PostgreSQL, Redis and the object store."""
