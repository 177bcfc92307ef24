"""Answers HTTP requests and websockets."""
