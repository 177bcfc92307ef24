"""Asks language models: what to say, whom to ask, and how to hear the answer."""
