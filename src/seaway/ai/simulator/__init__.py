"""A faithful OpenAI-compatible provider for development and tests, with faults on demand."""
