"""Does what may take longer than a request: embeds, confirms by message, looks for payments."""
