"""Tests of the tools and of what stands between a model's asking and their running."""
