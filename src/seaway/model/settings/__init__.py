"""How people may write what several kinds have in common: a word, a map, or the full form."""
