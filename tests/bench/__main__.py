"""Run all benchmarks, or those named on the command line: start, keys, index, embedded, edits."""

from __future__ import annotations

import sys

from tests.bench import edits, embedded, index, keys, start

BENCHMARKS = {
    "start": start.run,
    "keys": keys.run,
    "index": index.run,
    "embedded": embedded.run,
    "edits": edits.run,
}


def main(names: list[str]) -> None:
    """Run benchmarks one after the other."""
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
