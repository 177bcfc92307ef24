"""What HTTP services have in common; each module is imported by its own name."""
