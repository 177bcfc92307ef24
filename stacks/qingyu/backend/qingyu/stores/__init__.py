"""Keeps what the back end owns."""
