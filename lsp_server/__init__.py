"""The language server: two voices, a completion endpoint and a chat endpoint, behind any editor."""

__version__ = "0.1.0"
