"""Programs that Seaway runs. The platform does not import them, and they do not import it."""
