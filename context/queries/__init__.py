"""Tree-sitter queries, a file per language."""
