"""Takes the paths that a model writes: refuses what no honest path looks like, and tells where the rest leads to.

A path is resolved, every link in it, before it is compared with the workspace folders, part by part. What does not
exist yet is resolved as far as it exists. `identity` tells later whether the same file still stands there.
"""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from context.folders import holds
from lsp_server.errors import AssistantError
from lsp_server.tools.protected import protection
from lsp_server.tools.request import Access, Place, Target

MOST_CHARACTERS = 4_096

# Windows opens a device for each of these, with any extension and in any folder.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|clock\$|conin\$|conout\$|(?:com|lpt)[0-9\u00b9\u00b2\u00b3])(?:\..*)?", re.I)
_SHORT_NAME = re.compile(r"[^.]{1,6}~[0-9]{1,6}(?:\..{0,3})?")


class PathRefused(AssistantError):
    """A path that no tool takes; the message tells the model why."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where a path leads to. `real` has no link in it; `folder` is the workspace folder around it, None outside.

    `identity` is the file that stands there now, "" when there is none.
    """

    path: Path
    real: Path
    place: Place
    folder: Path | None
    protected: str
    identity: str

    @property
    def uri(self) -> str:
        """The URI of the file itself, behind every link."""
        return self.real.as_uri()

    @property
    def name(self) -> str:
        """How the file is called to people and models: from its workspace folder on."""
        return self.real.relative_to(self.folder).as_posix() if self.folder else str(self.real)

    def target(self, access: Access, excluded: str = "") -> Target:
        """Give what a request says about it."""
        return Target(str(self.real), access, self.place, self.protected, excluded, self.identity)


def resolve(
    text: str,
    folders: Sequence[Path],
    *,
    base: Path | None = None,
    own: Sequence[Path] = (),
    windows: bool | None = None,
) -> Resolved:
    """Say where a path leads to; a relative one counts from `base`, or else from the first workspace folder.

    `own` are folders and files of our own settings. `windows` says whether the rules of its file systems hold too, as
    they do there. Raises PathRefused, with a sentence.
    """
    fault = spelling_fault(text, windows=os.name == "nt" if windows is None else windows)
    if fault:
        raise PathRefused(f"The path {text[:200]!a} is refused: {fault}")
    roots = [Path(os.path.realpath(folder)) for folder in folders]
    start = base or (folders[0] if folders else None)
    if start is None and not os.path.isabs(text):
        raise PathRefused("There is no workspace folder that a relative path could count from: give an absolute one.")
    path = Path(start or "/", text)
    real = Path(os.path.realpath(path))
    if os.path.islink(real):
        raise PathRefused(f"The path {text!a} is refused: its links lead in a circle.")
    folder = max((root for root in roots if holds(root, real)), key=lambda root: len(root.parts), default=None)
    return Resolved(path, real, _place(real, folder, own), folder, _protection(path, real, folder), identity_of(real))


def spelling_fault(text: str, *, windows: bool) -> str:
    """Give why a path is refused as it is written; "" when it is not."""
    rules = (*_RULES, *_WINDOWS_RULES) if windows else _RULES
    parts = re.split(r"[/\\]" if windows else "/", text)
    return next((why for broken, why in rules if broken(text, parts)), "")


def identity_of(real: Path, dir_fd: int | None = None) -> str:
    """Tell which file stands at a place, in which state; "" when none does. A link there is not followed."""
    try:
        found = os.stat(real, dir_fd=dir_fd, follow_symlinks=False)
    except (OSError, ValueError):
        return ""
    kind = stat.S_IFMT(found.st_mode)
    if stat.S_ISDIR(kind):
        return f"{found.st_dev}:{found.st_ino}:{kind}"
    return f"{found.st_dev}:{found.st_ino}:{kind}:{found.st_size}:{found.st_mtime_ns}"


def _place(real: Path, folder: Path | None, own: Sequence[Path]) -> Place:
    # On some systems `Config.toml` is `config.toml`: what could be ours is ours.
    parts = [part.casefold() for part in real.parts]
    for each in own:
        ours = [part.casefold() for part in Path(os.path.realpath(each)).parts]
        if parts[: len(ours)] == ours:
            return "own"
    return "outside" if folder is None else "inside"


def _protection(path: Path, real: Path, folder: Path | None) -> str:
    """Judge a path by what it resolves to, and by the names of the way that was given."""
    found = protection(real.parts[len(folder.parts) - 1 :] if folder and len(folder.parts) > 1 else real.parts)
    return found or protection(path.parts[-1:])


def _is_hidden(character: str) -> bool:
    """Controls, and what reorders or hides text: a path with one is not what it looks like."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def _any_part(test: Callable[[str], object]) -> Callable[[str, Sequence[str]], bool]:
    return lambda _, parts: any(test(part) for part in parts)


_RULES: tuple[tuple[Callable[[str, Sequence[str]], bool], str], ...] = (
    (lambda text, _: not text.strip(), "it is empty."),
    (lambda text, _: len(text) > MOST_CHARACTERS, f"it is longer than {MOST_CHARACTERS:,} characters."),
    (lambda text, _: any(map(_is_hidden, text)), "it holds characters that cannot be seen."),
    (lambda _, parts: ".." in parts, 'it holds "..": write it from the workspace folder on.'),
    (lambda text, _: ".." in re.split(r"[/\\]", text), 'it holds "..": write it from the workspace folder on.'),
    (lambda text, _: text.startswith(("\\\\", "//", "/\\", "\\/")), "it names another machine or a device."),
    (lambda text, _: text.startswith(("\\??\\", "\\Device\\", "/??/")), "it names a device."),
    (lambda text, _: re.match(r"[a-z][a-z0-9+.-]+://", text, re.I) is not None, "it is a URL: give a path."),
    (lambda text, _: text.startswith("~"), '"~" is not understood: write the path out.'),
    (_any_part(lambda part: len(part.encode("utf-8", "replace")) > 255), "one of its names is too long."),
)

_WINDOWS_RULES: tuple[tuple[Callable[[str, Sequence[str]], bool], str], ...] = (
    (_any_part(_DEVICES.fullmatch), "it names a device."),
    (lambda text, _: ":" in re.sub(r"^[A-Za-z]:(?=[/\\])", "", text), "it names a stream or a drive's own folder."),
    (_any_part(_SHORT_NAME.fullmatch), "it has a short (8.3) name: write the long one."),
    (_any_part(lambda part: part not in (".", "") and part != part.rstrip(". ")), "a name ends in a dot or a blank."),
    (_any_part(lambda part: re.search(r'[<>"|?*]', part)), "it holds a character that no name has."),
)
