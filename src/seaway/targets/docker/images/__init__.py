"""Images: what containers are made from, built here or fetched."""
