"""Benchmarks, each printed beside its yardstick of the same run: `python -m tests.bench`.

Machines are noisy and shared: read medians and ratios, not single milliseconds. Nothing here asserts on time.
"""
