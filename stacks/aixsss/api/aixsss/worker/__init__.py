"""Carries out AI jobs: takes them from the queue, asks a model, keeps what it writes."""
