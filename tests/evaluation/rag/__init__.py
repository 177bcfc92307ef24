"""How well answers from documents are found and supported, on real texts."""
