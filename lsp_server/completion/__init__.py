"""Ghost text: from a cursor to one checked suggestion."""
