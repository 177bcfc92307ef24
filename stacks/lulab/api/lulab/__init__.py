"""LuLab: recordings of meetings, fetched, written down, summed up and told."""
