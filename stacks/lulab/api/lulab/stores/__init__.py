"""Keeps what is kept, and reads it again."""
