"""Small projects for the tests of imports, written as one text: a line `== path` begins a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from context.languages import language_id_of
from context.resolve import Target
from context.text import Document
from context.workspace import path_of


def laid_out(folder: Path, project: str) -> Path:
    """Write the files of a project below a folder and give the folder."""
    for part in re.split(r"(?m)^== ", project)[1:]:
        name, _, text = part.partition("\n")
        (folder / name.strip()).parent.mkdir(parents=True, exist_ok=True)
        (folder / name.strip()).write_bytes(text.encode())
    return folder


def document_at(folder: Path, name: str, text: str) -> Document:
    """Give a document that stands at a place in a project, whether its file is there or not."""
    return Document.of((folder / name).as_uri(), language_id_of(name), 1, text)


def shown(folder: Path, targets: Sequence[Target]) -> list[str]:
    """Give targets as "path:name", the paths from a folder on."""
    paths = [path_of(target.uri) for target in targets]
    names = [path.relative_to(folder).as_posix() for path in paths if path]
    return [f"{name}:{target.name}".rstrip(":") for name, target in zip(names, targets, strict=True)]
