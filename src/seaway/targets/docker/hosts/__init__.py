"""Hosts: engines on other machines, reached over SSH, and Seaway itself as a container there."""
