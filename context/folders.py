"""Workspace folders, and where a path stands among them once every link on its way is resolved."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from context.ignore import ALLOWED, Trail, Verdict


@dataclass(frozen=True, slots=True)
class Folder:
    """One workspace folder: as the editor calls it, resolved, and the way to it from where ignore files count.

    Those begin to count at the root of the repository around the folder, or at another workspace folder around it.
    """

    path: Path
    real: Path
    trail: Trail


@dataclass(frozen=True, slots=True)
class Place:
    """Where a path stands: what it resolves to, and the ways to it from workspace folders, none when it is outside.

    There are two ways when the path goes by a link, and the rules hold for both. `verdict` is about the place alone.
    """

    given: Path
    real: Path
    trails: tuple[Trail, ...]
    verdict: Verdict = ALLOWED


class Folders:
    """The folders of a workspace; None while nobody has said which they are, and then no place is outside."""

    def __init__(self, paths: Sequence[Path] | None) -> None:
        self._known = paths is not None
        given = [(Path(os.path.abspath(path)), Path(os.path.realpath(path))) for path in paths or ()]
        tops = [real for _, real in given]
        self.folders = tuple(Folder(path, real, _trail_to(real, tops)) for path, real in given)

    def place(self, path: Path) -> Place:
        """Say where a path stands. It is outside, too, when a link inside of a folder leads out of all of them."""
        given, real = Path(os.path.abspath(path)), Path(os.path.realpath(path))
        by_link = self._trail(given)
        trail = self._trail(real)
        if trail is not None:
            return Place(given, real, tuple(dict.fromkeys(filter(None, (trail, by_link)))))
        if by_link is not None:
            return Place(given, real, (by_link,), Verdict.no("link", source=str(real)))
        return Place(given, real, (), Verdict.no("outside") if self._known else ALLOWED)

    def _trail(self, path: Path) -> Trail | None:
        """Give the way to a path from the innermost folder that holds it, by either of that folder's names."""
        homes = [
            (len(base.parts), folder, path.parts[len(base.parts) :])
            for folder in self.folders
            for base in (folder.path, folder.real)
            if holds(base, path)
        ]
        if not homes:
            return None
        _, folder, below = max(homes, key=lambda home: home[0])
        return Trail(folder.trail.top, (*folder.trail.parts, *below), folder.trail.skip)


def holds(folder: Path, path: Path) -> bool:
    """Tell whether a path is a folder or lies below it, part by part: `/w/project2` does not lie in `/w/project`."""
    parts = folder.parts
    return [*map(os.path.normcase, path.parts[: len(parts)])] == [*map(os.path.normcase, parts)]


def path_of(uri: str) -> Path | None:
    """Give the path of a file URI on this machine; None for any other."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return None
    return _path(parts.path)


def path_within(uri: str) -> Path | None:
    """Give the path that a URI of any scheme holds, such as the one of a file's older version (`git:/…`)."""
    try:
        return _path(urlsplit(uri).path)
    except ValueError:
        return None


def _path(text: str) -> Path | None:
    path = url2pathname(text)
    return Path(path) if path and "\0" not in path else None


def _trail_to(real: Path, tops: Sequence[Path]) -> Trail:
    around = [top for top in tops if holds(top, real)]
    repository = next((folder for folder in (real, *real.parents) if (folder / ".git").exists()), real)
    top = min((*around, repository), key=lambda folder: len(folder.parts))
    parts = real.parts[len(top.parts) :]
    return Trail(str(top), parts, skip=len(parts))
