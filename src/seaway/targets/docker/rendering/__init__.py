"""The files by which Compose runs a stack, without Seaway."""
