"""Models that run on this machine, behind OpenAI's API: no key, no network."""
