"""Where settings stand: defaults, the person's file, the project's file, the editor; later ones win.

A file that cannot be read or understood is reported and left out; the server starts all the same.
"""

from __future__ import annotations

import errno
import re
import stat
import tomllib
from pathlib import Path

from platformdirs import user_config_path

from lsp_server.config import DEFAULTS, Config
from lsp_server.settings import Problem, narrow, parse

PROJECT_FILE = ".antiphon.toml"
# A settings file is read whole. One that came with a project may be a link to a device that never ends.
MOST_BYTES = 1_000_000

_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def user_file(config_dir: Path | None = None) -> Path:
    """Give the path of the person's settings file, which need not exist."""
    return (config_dir or user_config_path("antiphon", appauthor=False)) / "config.toml"


def load(
    workspace: Path | None, editor: object = None, *, config_dir: Path | None = None
) -> tuple[Config, list[Problem]]:
    """Give the settings that hold in a workspace, and what is wrong with any of their sources.

    `editor` is the raw tree that the editor sent. `config_dir` stands in for the platform's folder. Raises nothing.
    """
    own = user_file(config_dir)
    raw, unread = read_toml(own)
    config, problems = parse(raw, DEFAULTS, source=str(own))
    if workspace is not None:
        project = workspace / PROJECT_FILE
        raw, project_unread = read_toml(project)
        config, refused = narrow(config, raw, source=str(project))
        problems += project_unread + refused
    config, rejected = parse(editor, config, source="editor")
    return config, unread + problems + rejected


def read_toml(path: Path) -> tuple[object, list[Problem]]:
    """Give the tree of a TOML file; None when there is no such file, or, with a problem, when it cannot be used."""
    try:
        text = _read_text(path)
    except FileNotFoundError:
        return None, []
    except UnicodeDecodeError as error:
        return None, [Problem("", f"The file is not UTF-8 (byte {error.start:,}). Save it as UTF-8.", str(path))]
    except (OSError, ValueError) as error:  # ValueError: a path with a NUL in it
        return None, [Problem("", f"The file cannot be read: {getattr(error, 'strerror', error)}.", str(path))]
    try:
        return tomllib.loads(text), []
    except (ValueError, RecursionError) as error:  # also a number of thousands of digits, and lists thousands deep
        message = f"{_mistake(error, text)}. Until this is mended, nothing in the file is used."
        return None, [Problem("", message, str(path))]


def _read_text(path: Path) -> str:
    """Give the text of a regular file of moderate size. Raises OSError and UnicodeDecodeError."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is a folder" if stat.S_ISDIR(status.st_mode) else "it is no regular file")
    if status.st_size > MOST_BYTES:
        raise OSError(errno.EFBIG, f"it is longer than {MOST_BYTES:,} bytes")
    # Some editors begin a UTF-8 file with a byte order mark, which TOML does not know.
    return path.read_text("utf-8-sig")


def _mistake(error: Exception, text: str) -> str:
    """Give line, column and kind of a mistake in TOML: "Line 3, column 5: invalid value"."""
    if not isinstance(error, tomllib.TOMLDecodeError):
        return f"The file cannot be understood: {error}"
    what = str(error)
    if not (place := _TOML_PLACE.search(what)):
        return what
    end = (text.count("\n") + 1, len(text) - text.rfind("\n"))
    line, column = (int(place[1]), int(place[2])) if place[1] else end
    return f"Line {line}, column {column}: {what[: place.start()]}"
