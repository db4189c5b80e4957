"""The chat voice: a side session with history and file context."""
