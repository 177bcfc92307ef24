"""A program that answers questions from documents, with sources, as a stream or whole."""
