"""The Python packages in a project's own virtual environment: found, resolved and read, never written or run.

https://docs.python.org/3/library/venv.html for how one is laid out, https://docs.python.org/3/library/site.html for its
`.pth` files. Of an editable install only the plain folders that it names count, and only those in the project.
"""

from __future__ import annotations

import logging
import os
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from context.disk import read_regular
from context.folders import holds, path_of
from context.imports import Import
from context.resolve_files import Files, Importer, Target
from context.resolve_python import python_targets
from context.text import Document
from context.workspace import Workspace

logger = logging.getLogger(__name__)

# The names that people and tools give an environment within a project.
_NAMES = (".venv", "venv", "env")
_MARK = "pyvenv.cfg"

_VERSION = re.compile(r"python(\d+)\.(\d+)")
# An editable install names its folders in a file of paths, or in a mapping of a finder.
_MAPPING = re.compile(r"^MAPPING\b[^=\n]*=\s*\{([^}\n]*)\}", re.MULTILINE)
_MAPPED = re.compile(r"""['"][\w.]+['"]\s*:\s*['"]([^'"]+)['"]""")
_MOST_BYTES = 200_000
_MOST_PTH_FILES = 100

# How long an environment counts as found.
_KEPT_S = 10.0


@dataclass(frozen=True, slots=True)
class _Found:
    """The package folders of the environments, the folders of editable installs, and when they were found."""

    folders: tuple[str, ...]
    sources: tuple[str, ...]
    files: Files
    since_s: float


class Library:
    """What is installed for a project: read-only, and only from its environment's folder of packages.

    `folders` are the workspace's. `environment` is one more environment that the caller vouches for, such as that of
    VIRTUAL_ENV. Files are read by the workspace's rules for what a person attaches: no secrets, nothing that an ignore
    file keeps from assistants, text of moderate size. `clock` gives seconds.
    """

    def __init__(
        self,
        workspace: Workspace,
        folders: Sequence[Path],
        environment: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._workspace = workspace
        self._workspace_folders = tuple(Path(os.path.abspath(folder)) for folder in folders)
        self._environment = environment
        self._clock = clock
        self._kept: _Found | None = None

    def set_folders(self, folders: Sequence[Path]) -> None:
        """Take over the workspace folders, as the workspace does."""
        self._workspace_folders = tuple(Path(os.path.abspath(folder)) for folder in folders)
        self.forget()

    def forget(self) -> None:
        """Forget what was found, as when something was installed. Never waits."""
        self._kept = None

    def folders(self) -> tuple[str, ...]:
        """Give the folders that hold installed packages; () without an environment."""
        return self._current().folders

    def sources(self) -> tuple[str, ...]:
        """Give the folders of the project that editable installs import from."""
        return self._current().sources

    def targets(self, document: Document, imports: Sequence[Import]) -> list[Target]:
        """Give where the installed packages define what a Python document imports, in order and each once."""
        path = path_of(document.uri)
        if path is None or document.language_id != "python":
            return []
        importer = Importer(self._current().files, document, os.path.abspath(path))
        return list(dict.fromkeys(target for each in imports for target in python_targets(importer, each)))

    def document(self, uri: str) -> Document | None:
        """Give a file of an installed package as it is now; None for anything outside of the folders of packages."""
        path = path_of(uri)
        return self._current().files.read(os.path.abspath(path)) if path else None

    def _current(self) -> _Found:
        kept, now_s = self._kept, self._clock()
        if kept is None or not 0 <= now_s - kept.since_s < _KEPT_S:
            kept = self._kept = self._found(now_s)
        return kept

    def _found(self, now_s: float) -> _Found:
        named = [folder / name for folder in self._workspace_folders for name in _NAMES]
        given = [self._environment] if self._environment else []
        environments = [each for each in (*named, *given) if (each / _MARK).is_file()]
        folders = tuple(dict.fromkeys(str(each) for home in environments for each in package_folders(home)))
        sources = (path for folder in folders for path in _editable(folder))
        inside = tuple(path for path in dict.fromkeys(sources) if self._in_project(path))
        return _Found(folders, inside, Files(self._workspace, (), folders), now_s)

    def _in_project(self, path: str) -> bool:
        return any(holds(folder, Path(path)) for folder in self._workspace_folders)


def package_folders(environment: Path) -> list[Path]:
    """Give the folders of packages in an environment, as it is laid out on POSIX or on Windows."""
    environment = Path(os.path.abspath(environment))
    versions = [(match, each) for each in _entries(environment / "lib") if (match := _VERSION.fullmatch(each.name))]
    versions.sort(key=lambda each: (int(each[0][1]), int(each[0][2])), reverse=True)
    candidates = [*(each / "site-packages" for _, each in versions[:1]), environment / "Lib" / "site-packages"]
    return [folder for folder in candidates if folder.is_dir()]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []  # an environment without this folder is laid out in another way


def _editable(folder: str) -> Iterator[str]:
    """Give the folders that the files of paths and the finders in a folder of packages name."""
    files = [path for path in _entries(Path(folder)) if path.suffix == ".pth" or _is_finder(path)]
    for path in files[:_MOST_PTH_FILES]:
        text = _text(path)
        if path.suffix == ".pth":
            plain = (line.strip() for line in text.splitlines() if not line.startswith(("#", "import ", "import\t")))
            named = [os.path.join(folder, line) for line in plain if line]
        else:
            mapped = [target for mapping in _MAPPING.findall(text) for target in _MAPPED.findall(mapping)]
            named = [os.path.dirname(target) for target in mapped]
        yield from (os.path.normpath(each) for each in named if "\0" not in each and os.path.isdir(each))


def _is_finder(path: Path) -> bool:
    return path.name.startswith("__editable__") and path.suffix == ".py"


def _text(path: Path) -> str:
    try:
        return read_regular(str(path), _MOST_BYTES).decode("utf-8", "replace")
    except OSError as error:
        logger.info("%s is left out: %s", path, error)
        return ""
