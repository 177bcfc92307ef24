"""What outlives a process: the ledger, the vault, the lease of the supervisor."""
