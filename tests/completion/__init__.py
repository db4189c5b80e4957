"""The completion voice."""
