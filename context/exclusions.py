"""Puts the rules together: given a place among the workspace folders, may it be seen?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from context.folders import Folders, Place
from context.gitignore import IgnoreFiles, Level
from context.ignore import ALLOWED, Trail, Verdict, by_assistants, by_kind, by_secrets, by_size, by_words, by_worth


class Exclusions:
    """The rules over some folders; ignore files are read when they are needed and again when they change."""

    def __init__(self, paths: Sequence[Path] | None, files: IgnoreFiles) -> None:
        self.folders = Folders(paths)
        self.files = files

    def levels(self, trail: Trail) -> list[Level]:
        """Give the ignore files on the way to a place as they stand now: the same objects while nothing changed."""
        return [self.files.level(folder) for folder in trail.folders()]

    def secrets(self, place: Place, *, is_folder: bool = False) -> Verdict:
        """Judge by the list of files with secrets: a path as it was given, and what it resolves to."""
        paths = dict.fromkeys((place.real, place.given))
        return _first(by_secrets(path.parts, is_folder=is_folder) for path in paths)

    def assistants(self, place: Place) -> Verdict:
        """Judge by the ignore files that speak to assistants."""
        return _first(by_assistants(trail, self.levels(trail)) for trail in place.trails)

    def by_name(self, place: Place, *, attached: bool, is_folder: bool = False) -> Verdict:
        """Judge by everything but content. What a person attaches may lie outside, but not behind a link inside."""
        return _first(self._by_name(place, attached, is_folder))

    def _by_name(self, place: Place, attached: bool, is_folder: bool) -> Iterator[Verdict]:
        if not (attached and place.verdict.reason == "outside"):
            yield place.verdict
        yield self.secrets(place, is_folder=is_folder)
        for trail in place.trails:
            levels = self.levels(trail)
            yield by_assistants(trail, levels, is_folder=is_folder)
            if not attached:
                yield by_worth(trail, levels, is_folder=is_folder)


def by_content(head: bytes, size_bytes: int, *, attached: bool) -> Verdict:
    """Judge by size and first bytes."""
    return _first(_by_content(head, size_bytes, attached))


def _by_content(head: bytes, size_bytes: int, attached: bool) -> Iterator[Verdict]:
    yield by_size(size_bytes)
    yield by_kind(head)
    if not attached:
        yield by_words(head)


def _first(verdicts: Iterator[Verdict]) -> Verdict:
    return next((verdict for verdict in verdicts if not verdict.allowed), ALLOWED)
