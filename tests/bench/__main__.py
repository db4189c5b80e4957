"""Run all benchmarks, or those named on the command line (see BENCHMARKS)."""

from __future__ import annotations

import sys

from tests.bench import (
    copies,
    decode,
    edits,
    embedded,
    exact_match,
    gather,
    index,
    keys,
    next_edit,
    recall,
    replay,
    repo_map,
    right_cut,
    sessions,
    start,
)

BENCHMARKS = {
    "start": start.run,
    "keys": keys.run,
    "gather": gather.run,
    "index": index.run,
    "recall": recall.run,
    "exact_match": exact_match.run,
    "copies": copies.run,
    "right_cut": right_cut.run,
    "next_edit": next_edit.run,
    "replay": replay.run,
    "embedded": embedded.run,
    "decode": decode.run,
    "edits": edits.run,
    "repo_map": repo_map.run,
    "sessions": sessions.run,
}


def main(names: list[str]) -> None:
    """Run benchmarks one after the other."""
    for name in names or BENCHMARKS:
        BENCHMARKS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
