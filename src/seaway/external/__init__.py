"""Services of others, played on this machine: payments and short messages (R199)."""
