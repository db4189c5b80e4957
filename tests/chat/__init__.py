"""Tests of the chat voice."""
