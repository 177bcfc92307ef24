"""Asks the services that this one stands on: AI services, payments, short messages."""
