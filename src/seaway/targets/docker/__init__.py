"""Docker: the target that keeps containers of an engine on this machine."""
