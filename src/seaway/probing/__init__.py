"""Asks a server whether it is ready or alive: an empty answer is a yes, a text is the reason."""
