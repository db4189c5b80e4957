"""The tests read as the specification; fakes stand at our own seams only."""
