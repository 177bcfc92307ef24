"""Serving: what programs that answer over HTTP have in common."""
