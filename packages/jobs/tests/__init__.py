"""Real databases, real workers, real kills."""
