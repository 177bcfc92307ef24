"""Places where workloads run, one package or module each; `wiring` chooses."""
