"""A storm over a queue: everything around it is killed and paused while it works."""
