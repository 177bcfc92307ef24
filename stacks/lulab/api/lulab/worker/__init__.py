"""Does the jobs."""
