"""A program of its own that looks for a regular expression in texts, so that one that never ends can be ended.

Python's `re` holds up the whole process while it matches, and some expressions take longer than anybody lives
(`(a+)+b`). In: the pattern's flags and the pattern, then name and text of each file, each as a JSON line. Out: for
each hit the file's name, the line's number from zero and the line; a bare name when the file is begun.
"""

from __future__ import annotations

import json
import re
import sys

_LINE = re.compile(r"\r\n|\r|\n")

# Longer lines are data, which nobody reads.
_MOST_CHARACTERS = 5_000


def main() -> None:
    """Read, search, write."""
    source = sys.stdin.buffer
    ignore_case, pattern = json.loads(source.readline())
    expression = re.compile(pattern, re.IGNORECASE if ignore_case else 0)
    while line := source.readline():
        name, text = json.loads(line)
        print(json.dumps([name]), flush=True)
        for number, content in enumerate(_LINE.split(text)):
            if expression.search(content[:_MOST_CHARACTERS]):
                print(json.dumps([name, number, content[:_MOST_CHARACTERS]]))


if __name__ == "__main__":
    main()
