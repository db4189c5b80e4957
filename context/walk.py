"""Walks workspace folders: every file that may be seen by name and size, and nothing that a link leads to.

A link is passed by: what it leads to inside of the folders is found where it lies, and what lies outside is not to be
seen. So no walk goes in a circle either.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from context.folders import Folder
from context.gitignore import IgnoreFiles, Level
from context.ignore import Trail, Verdict, by_assistants, by_secrets, by_size, by_worth

logger = logging.getLogger(__name__)

# More than a model or an index can make use of in a reasonable time; a walk that comes so far stops, and says so.
MAX_FILES = 50_000


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder that may be seen. The size of a folder is 0."""

    path: Path
    is_folder: bool
    size_bytes: int


def walk(folders: Sequence[Folder], files: IgnoreFiles, most: int = MAX_FILES) -> Iterator[Path]:
    """Give the files of all folders, each once and folder by folder, in the order of their names."""
    seen: set[Path] = set()
    count = 0
    for folder in folders:
        waiting = [(folder.path, folder.trail)] if _folder_allowed(folder.real, folder.trail, files) else []
        while waiting:
            path, trail = waiting.pop()
            if folder.real.joinpath(*trail.parts[trail.skip :]) in seen:
                continue  # another workspace folder, around this one or in it
            seen.add(folder.real.joinpath(*trail.parts[trail.skip :]))
            entries = listing(path, trail, files)
            waiting += [(entry.path, trail.below(entry.path.name)) for entry in reversed(entries) if entry.is_folder]
            for entry in entries:
                if entry.is_folder:
                    continue
                if count == most:
                    logger.warning("%s holds more than %d files: the rest is left out", folder.path, most)
                    return
                count += 1
                yield entry.path


def listing(path: Path, trail: Trail, files: IgnoreFiles) -> list[Entry]:
    """Give what may be seen in a folder that may be seen, by name; nothing if it cannot be read, which is logged."""
    levels = [files.level(folder) for folder in trail.below("").folders()]
    try:
        with os.scandir(path) as found:
            entries = [entry for entry in map(_entry, found) if entry is not None]
    except OSError as error:
        logger.info("%s is left out: %s", path, error)
        return []
    allowed = (entry for entry in entries if _judge(entry, trail.below(entry.path.name), levels).allowed)
    return sorted(allowed, key=lambda entry: entry.path.name)


def _entry(found: os.DirEntry[str]) -> Entry | None:
    """Read an entry; None for a link, a pipe, a device, and what has vanished."""
    try:
        if found.is_dir(follow_symlinks=False):
            return Entry(Path(found.path), True, 0)
        if found.is_file(follow_symlinks=False):
            return Entry(Path(found.path), False, found.stat(follow_symlinks=False).st_size)
    except OSError as error:
        logger.info("%s is left out: %s", found.path, error)
    return None


def _judge(entry: Entry, trail: Trail, levels: Sequence[Level]) -> Verdict:
    """Judge an entry of a folder that is allowed."""
    parts, is_folder, settled = entry.path.parts, entry.is_folder, len(trail.parts) - 1
    verdict = by_secrets(parts, is_folder=is_folder, settled=len(parts) - 1)
    if verdict.allowed:
        verdict = by_assistants(trail, levels, is_folder=is_folder, settled=settled)
    if verdict.allowed:
        verdict = by_worth(trail, levels, is_folder=is_folder, settled=settled)
    return by_size(entry.size_bytes) if verdict.allowed else verdict


def _folder_allowed(real: Path, trail: Trail, files: IgnoreFiles) -> bool:
    """Judge a workspace folder itself: somebody may have opened `~/.ssh`."""
    levels = [files.level(folder) for folder in trail.folders()]
    verdict = by_secrets(real.parts, is_folder=True)
    if verdict.allowed:
        verdict = by_assistants(trail, levels, is_folder=True)
    if not verdict.allowed:
        logger.warning("%s is left out: %s", real, verdict)
    return verdict.allowed
