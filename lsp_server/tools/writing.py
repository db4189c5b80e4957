"""Changes files in a way that nobody can turn aside: the folders are opened one by one and no link is followed.

Between the moment somebody approved a change and the moment it is made, a folder or a file may be replaced by a link
to elsewhere (CVE-2026-21523). Each folder is therefore opened by its descriptor from the workspace folder on, where the
system can do that, and the file that stands there must be the one that was looked at.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from lsp_server.errors import EditRefused
from lsp_server.tools.paths import Resolved, identity_of

_BY_DESCRIPTOR = {os.open, os.rename, os.mkdir, os.stat, os.unlink} <= os.supports_dir_fd
_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
_NEW |= getattr(os, "O_BINARY", 0)

_CHANGED = "{} has changed since it was looked at, so nothing was written. Read it again."


def replace_file(place: Resolved, data: bytes) -> None:
    """Replace what a file holds, all at once, keeping its mode. Raises EditRefused when it is another one by now."""
    with _opened(place, make=False) as spot:
        mode = _mode_of(spot, place)
        temporary = spot.beside(f".{place.real.name[:100]}.{secrets.token_hex(6)}.tmp")
        try:
            _write(temporary, data, mode)
            _expect(spot, place)
            os.replace(temporary.path, spot.path, src_dir_fd=temporary.folder, dst_dir_fd=spot.folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary.path, dir_fd=temporary.folder)
            raise


def create_file(place: Resolved, data: bytes) -> None:
    """Write a new file, with the folders around it. Raises EditRefused when there is one by now."""
    with _opened(place, make=True) as spot:
        try:
            _write(spot, data, None)
        except FileExistsError as error:
            raise EditRefused(f"{place.name} exists by now, so nothing was written. Read it.", "changed") from error


def remove_file(place: Resolved) -> None:
    """Remove a file. Raises EditRefused when it is another one by now."""
    with _opened(place, make=False) as spot:
        _expect(spot, place)
        os.unlink(spot.path, dir_fd=spot.folder)


def rename_file(place: Resolved, to: Resolved) -> None:
    """Give a file another name, over none that exists. Raises EditRefused when either place has changed."""
    with _opened(place, make=False) as spot, _opened(to, make=True) as new:
        _expect(spot, place)
        if identity_of(Path(new.path), new.folder):
            raise EditRefused(f"{to.name} exists by now, so nothing was renamed. Choose another name.", "changed")
        os.rename(spot.path, new.path, src_dir_fd=spot.folder, dst_dir_fd=new.folder)


@dataclass(frozen=True, slots=True)
class _Spot:
    """A name in an opened folder; the whole path, where folders cannot be opened."""

    path: str
    folder: int | None

    def beside(self, name: str) -> _Spot:
        return _Spot(str(Path(self.path).with_name(name)), self.folder)


@contextmanager
def _opened(place: Resolved, *, make: bool) -> Iterator[_Spot]:
    """Open the folder of a file without following a link. Raises EditRefused when the way there has changed."""
    if place.folder is None or place.place != "inside":
        raise EditRefused(f"{place.name} lies outside of the workspace folders, so it is not written.", "outside")
    if not _BY_DESCRIPTOR:
        yield _by_path(place, make)
        return
    parts = place.real.relative_to(place.folder).parts[:-1]
    descriptor = os.open(place.folder, os.O_RDONLY | _FOLDER)
    try:
        for part in parts:
            inner = _enter(descriptor, part, make, place)
            os.close(descriptor)
            descriptor = inner
        yield _Spot(place.real.name, descriptor)
    finally:
        os.close(descriptor)


def _enter(descriptor: int, part: str, make: bool, place: Resolved) -> int:
    if make:
        with suppress(FileExistsError):
            os.mkdir(part, dir_fd=descriptor)
    try:
        return os.open(part, os.O_RDONLY | _FOLDER, dir_fd=descriptor)
    except OSError as error:
        raise EditRefused(_CHANGED.format(place.name), "changed") from error


def _by_path(place: Resolved, make: bool) -> _Spot:
    if make:
        place.real.parent.mkdir(parents=True, exist_ok=True)
    if os.path.realpath(place.real) != str(place.real):
        raise EditRefused(_CHANGED.format(place.name), "changed")
    return _Spot(str(place.real), None)


def _expect(spot: _Spot, place: Resolved) -> None:
    if identity_of(Path(spot.path), spot.folder) != place.identity:
        raise EditRefused(_CHANGED.format(place.name), "changed")


def _mode_of(spot: _Spot, place: Resolved) -> int:
    _expect(spot, place)
    found = os.stat(spot.path, dir_fd=spot.folder, follow_symlinks=False)
    if not stat.S_ISREG(found.st_mode):
        raise EditRefused(f"{place.name} is no regular file, so it is not written.", "no-file")
    return stat.S_IMODE(found.st_mode)


def _write(spot: _Spot, data: bytes, mode: int | None) -> None:
    descriptor = os.open(spot.path, _NEW, 0o666 if mode is None else 0o600, dir_fd=spot.folder)
    with os.fdopen(descriptor, "wb") as file:
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)
        file.write(data)
        file.flush()
        os.fsync(descriptor)
