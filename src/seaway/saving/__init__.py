"""Saving: backups of stores, taken and given back by the protocols of the stores themselves."""
