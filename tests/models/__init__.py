"""Providers, the catalogue, and the client that asks them."""
