"""A store of embeddings with search by likeness, in PostgreSQL with pgvector."""
