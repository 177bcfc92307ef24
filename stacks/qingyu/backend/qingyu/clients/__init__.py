"""Asks other services."""
