"""How to get there: pure functions from a release and what is seen to steps."""
