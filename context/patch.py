"""A patch as git prints it, by files and hunks, and as much of it as fits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

_FILE = "diff --git "
_HUNK = "@@ "


@dataclass(frozen=True, slots=True)
class FilePatch:
    """What has changed in one file: what git says of the file, and the hunks; their texts make the patch."""

    header: str
    hunks: tuple[str, ...] = ()


def patches_of(text: str) -> Iterator[FilePatch]:
    """Part a patch by files and hunks. No line of content begins like one: it has a mark before it."""
    for part in _parts(text, _FILE):
        header, *hunks = _parts(part, _HUNK)
        yield FilePatch(header, tuple(hunks))


def fitted(patches: Sequence[FilePatch], room_tokens: int, count: Callable[[str], int]) -> list[str]:
    """Give a text for each file, with the hunks that fit and the number of those that do not.

    While others wait, one file takes at most half of the room that is left. A file of which not even the header fits
    is left out, and so are all behind it.
    """
    shown: list[str] = []
    for number, patch in enumerate(patches, 1):
        is_last = number == len(patches)
        text = _fitted(patch, room_tokens if is_last else room_tokens // 2, count)
        if count(text) > room_tokens:
            break
        room_tokens -= count(text)
        shown.append(text)
    return shown


def _fitted(patch: FilePatch, room_tokens: int, count: Callable[[str], int]) -> str:
    whole = "".join((patch.header, *patch.hunks))
    if count(whole) <= room_tokens:
        return whole
    text, left_out = patch.header, 0
    for hunk in patch.hunks:
        if count(text + hunk) <= room_tokens:
            text += hunk
        else:
            left_out += 1
    return f"{text}… {left_out:,} of {len(patch.hunks):,} hunks left out: too long\n"


def _parts(text: str, mark: str) -> Iterator[str]:
    """Part a text before each line that begins with a mark."""
    at = 0
    while at < len(text):
        end = text.find(f"\n{mark}", at) + 1 or len(text)
        yield text[at:end]
        at = end
