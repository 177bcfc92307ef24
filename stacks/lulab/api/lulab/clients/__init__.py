"""Speaks with the services of others."""
