"""`antiphon` and `python -m lsp_server`."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; without arguments, the language server over standard input and output."""
    arguments = sys.argv[1:]
    if not arguments and sys.stdin.isatty():
        arguments = ["--help"]  # a person, not an editor
    if arguments in ([], ["serve"], ["serve", "--stdio"], ["--stdio"]):
        # Not through the command line's parser: an editor waits for this one.
        from lsp_server.stdio import serve

        return serve()
    from lsp_server.cli import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
