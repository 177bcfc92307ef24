"""Seaway takes an AI application from one file to production, and keeps it there."""

__version__ = "0.1.0"
__all__ = ["__version__"]
