"""One OpenAI-compatible endpoint in front of model providers: limits, cache, retries, fallback."""
