"""How large a stack file may be: any file is read, or refused, in under a second and 200 MB."""

LARGEST = 1 << 20
"""Bytes. A file that people keep by hand has a few thousand."""
DEEPEST = 64
"""Levels of nesting; no setting lies deeper than ten."""
MOST_VALUES = 20_000
"""Values and keys, counted where aliases put them: a file of ten lines can mean a billion."""
LONGEST_KEY = 256
"""Characters."""
MOST_COMPONENTS = 500
"""In one stack; more would be several."""
MOST_TOUCHED = 10_000
"""Settings that all overrides together may reach: a wildcard can mean each of them."""
MOST_ENVIRONMENTS = 50
"""Environments whose paths are checked although another one was asked for."""
MOST_FINDINGS = 100
"""Of one sort: nobody reads on, and looking for the nearest name takes time."""
MOST_ASKED = 200
"""Files that are looked for."""
