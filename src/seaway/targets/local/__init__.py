"""Plain processes on this machine. Each belongs to its shim; nothing belongs to Seaway."""
