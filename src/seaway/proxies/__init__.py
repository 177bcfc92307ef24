"""Proxies: a Routing and the addresses of a machine become the files of a proxy. No effects."""
