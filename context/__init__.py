"""The surrounding code: given a workspace and a cursor, which text matters."""
