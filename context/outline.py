"""The outline of a folder: its tree, with what each file defines at its top, in as much detail as a budget allows."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from context.workspace import Workspace

# More than anybody takes in; a folder with more is better asked about part by part.
MOST_ENTRIES = 2_000

# What is shown from the richest to the plainest: how many names of a file, and how many levels of folders.
_DETAILS = ((12, 99), (5, 99), (0, 99), (0, 3), (0, 2), (0, 1))


@dataclass(slots=True)
class _Entry:
    """A file or folder in the tree; `size` counts what stands below it, `names` what it defines."""

    name: str
    depth: int
    is_folder: bool
    size: int = 0
    names: Sequence[str] = ()


def outline(
    workspace: Workspace,
    folder: Path,
    room_tokens: int,
    count: Callable[[str], int],
    names_of: Callable[[Path], Sequence[str]],
) -> str | None:
    """Give the tree of a folder, a line an entry, in the most detail that fits; None for what is no folder to be seen.

    `names_of` gives what a file defines. When even the plainest does not fit, its first lines are given.
    """
    if not os.path.isdir(folder) or workspace.listing(folder) is None:
        return None
    entries = list(_walk(workspace, folder, names_of))
    text = ""
    for names, depth in _DETAILS:
        text = "".join(f"{_line(entry, names, depth)}\n" for entry in entries if entry.depth < depth)
        if count(text) <= room_tokens:
            return text
    lines = text.removesuffix("\n").split("\n")
    while len(lines) > 1 and count("\n".join(lines)) > room_tokens:
        del lines[max(len(lines) * 3 // 4, 1) :]
    return "".join(f"{line}\n" for line in [*lines, "…"])


def _walk(workspace: Workspace, folder: Path, names_of: Callable[[Path], Sequence[str]]) -> Iterator[_Entry]:
    """Give the entries below a folder in the order of the tree, at most so many."""
    waiting = [(folder, 0)]
    above: list[_Entry] = []
    for _ in range(MOST_ENTRIES):
        if not waiting:
            return
        path, depth = waiting.pop()
        if path != folder:
            entry = _Entry(path.name, depth - 1, is_folder=False)
            del above[depth - 1 :]
            for holder in above:
                holder.size += 1
            above.append(entry)
        listed = workspace.listing(path) if path.is_dir() else None
        if listed is not None:
            waiting += [(each.path, depth + 1) for each in reversed(listed)]
        if path != folder:
            entry.is_folder = listed is not None
            entry.names = () if entry.is_folder else names_of(path)
            yield entry


def _line(entry: _Entry, most_names: int, most_depth: int) -> str:
    text = "  " * entry.depth + entry.name
    if entry.is_folder:
        return f"{text}/" + (f" ({entry.size:,} entries)" if entry.size and entry.depth + 1 == most_depth else "")
    names = list(entry.names)[:most_names]
    if not names:
        return text
    more = len(entry.names) - len(names)
    return f"{text}: {', '.join(names)}{f' and {more} more' if more else ''}"
