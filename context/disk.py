"""Reads files from disk without ever waiting for one: no pipe, no device, no folder, and never more than was agreed."""

from __future__ import annotations

import errno
import os
import stat

# Not every system has these; without them an ordinary open has to do.
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


class TooLargeError(OSError):
    """A file holds more bytes than it may."""


def read_regular(path: str, most_bytes: int, *, follow: bool = False) -> bytes:
    """Give the content of a regular file of at most so many bytes.

    A link is not followed unless `follow`: a path that was resolved before has none, so one that is there now was put
    there in between. Raises OSError for what is missing or no regular file, TooLargeError, and ValueError for a path
    that no file system takes.
    """
    with os.fdopen(_open(path, follow=follow), "rb") as file:
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise TooLargeError(errno.EFBIG, f"it is larger than {most_bytes:,} bytes", path)
    return data


def read_head(path: str, size_bytes: int) -> bytes:
    """Give the first bytes of a regular file that is no link; raises as `read_regular`, but never for its size."""
    with os.fdopen(_open(path, follow=False), "rb") as file:
        return file.read(size_bytes)


def _open(path: str, *, follow: bool) -> int:
    descriptor = os.open(path, os.O_RDONLY | _NO_WAIT | (0 if follow else _NO_LINK))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", path)
    return descriptor
