"""The repository map over 500 files of the standard library: time, tokens, and whether it names the right file.

What is right: a module's own docstring, its first sentence without the module's name, is a question whose answer is
that module; docstrings are no part of what a map is made of. Beside the map, in the same run on the same questions: the
map without the question, and files ranked by the question's words alone, as many as the map names.
"""

from __future__ import annotations

import ast
import re
import shutil
import sysconfig
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from context.budget import estimate_tokens
from context.focus import Focus, interest, is_test
from context.repo_map import Graph, MapSource, ranked, repository_map
from context.tags import ProjectTags, TagReader
from context.workspace import Workspace
from tests.bench.figures import p50, p95, show

T = TypeVar("T")

FILES = 500
ROOM_TOKENS = 1_024
MOST_QUESTIONS = 100

# Folders of the library that are programs of their own, or tests.
_APART = ("site-packages", "dist-packages", "idlelib", "lib2to3", "turtledemo", "test", "tests", "__pycache__")


def run() -> None:
    """Measure, and print two tables."""
    with tempfile.TemporaryDirectory(prefix="antiphon-bench-") as name:
        root = Path(name).resolve()
        paths = _lay_out(root)
        reader = TagReader(Workspace([root]))
        tags, first_s = _timed(lambda: reader.read(root, float("inf")))
        again = [_timed(lambda: reader.read(root, float("inf")))[1] for _ in range(9)]
        (root / paths[0]).write_text("def brand_new(): ...\n", "utf-8")
        _, changed_s = _timed(lambda: reader.read(root, float("inf")))
        plain, plain_s = _timed(lambda: [(root / path).read_bytes() for path in paths])
    questions = _questions(tags, dict(zip(paths, plain, strict=True)))
    graph, graph_s = _timed(lambda: Graph(tags))
    found = [_timed(partial(ranked, graph, Focus(question))) for question, _ in questions]
    drawn = [_timed(partial(repository_map, each, ROOM_TOKENS, estimate_tokens)) for each, _ in found]
    tokens = [estimate_tokens(text) for text, _ in drawn]
    definitions = sum(1 for _ in tags.definitions())
    rows = [
        (
            "definitions and references, first time",
            f"{first_s * 1000:,.0f}",
            "",
            f"{plain_s * 1000:.0f}: reading alone",
        ),
        ("… nothing changed", *_milliseconds(again), ""),
        ("… one file changed", f"{changed_s * 1000:,.0f}", "", ""),
        ("the graph of references", f"{graph_s * 1000:,.0f}", "", ""),
        ("ranking for a question", *_milliseconds([seconds for _, seconds in found]), ""),
        (f"drawing {ROOM_TOKENS:,} tokens", *_milliseconds([seconds for _, seconds in drawn]), ""),
    ]
    show(f"The map of {len(paths)} files ({definitions:,} definitions)", ("", "p50 ms", "p95 ms", "beside"), rows)
    print(f"Tokens of a map: p50 {p50(tokens):,.0f}, least {min(tokens):,}, most {max(tokens):,} of {ROOM_TOKENS:,}.\n")
    _show_quality(tags, questions, [text for text, _ in drawn])


def _show_quality(tags: ProjectTags, questions: Sequence[tuple[str, str]], maps: Sequence[str]) -> None:
    still = repository_map(ranked(Graph(tags), Focus()), ROOM_TOKENS, estimate_tokens)
    names = {path: [each.name for each in file.definitions] for path, file in tags.files.items()}
    by_words = []
    for (question, _), drawn in zip(questions, maps, strict=True):
        weights = interest(Focus(question), names)
        by_words.append(sorted(weights, key=lambda path: -weights[path])[: len(_files(drawn))])
    rights = [right for _, right in questions]
    ways: list[tuple[str, Sequence[Sequence[str]]]] = [
        ("the map for the question", [_files(text) for text in maps]),
        ("the map without a question", [_files(still)] * len(rights)),
        ("files by the question's words alone", by_words),
    ]
    rows = [(way, _share(named, rights)) for way, named in ways]
    show(f"{len(questions)} questions: the right file is among those named", ("", "share"), rows)


def _share(named: Sequence[Sequence[str]], rights: Sequence[str]) -> str:
    hits = sum(right in files for files, right in zip(named, rights, strict=True))
    return f"{hits / len(rights):.1%}"


def _files(text: str) -> list[str]:
    return re.findall(r"^(\S.*):$", text, re.MULTILINE)


def _questions(tags: MapSource, texts: dict[str, bytes]) -> list[tuple[str, str]]:
    """Give first sentences of docstrings, with the path of their module."""
    mapped = {each.path for each in tags.definitions()}
    found = []
    for path, text in texts.items():
        if path in mapped and (doc := ast.get_docstring(ast.parse(text))):
            sentence = re.split(r"(?<=[.!?])\s|\n\n", doc.strip())[0]
            stem = path.rpartition("/")[2].removesuffix(".py").strip("_")
            sentence = " ".join(re.sub(rf"(?i)\b{re.escape(stem)}\b(?:\.py)?", "", sentence).split())
            if len(sentence.split()) >= 4:
                found.append((sentence, path))
    return found[:: max(len(found) // MOST_QUESTIONS, 1)][:MOST_QUESTIONS]


def _lay_out(root: Path) -> list[str]:
    """Copy files of the standard library below a folder, and give their paths."""
    library = Path(sysconfig.get_path("stdlib"))
    every = sorted(path.relative_to(library) for path in library.rglob("*.py") if path.stat().st_size)
    chosen = [path for path in every if not set(path.parts) & set(_APART) and not is_test(path.as_posix())][:FILES]
    for path in chosen:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(library / path, root / path)
    return [path.as_posix() for path in chosen]


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began_s = time.perf_counter()
    return work(), time.perf_counter() - began_s


def _milliseconds(seconds: Sequence[float]) -> tuple[str, str]:
    values = [each * 1000 for each in seconds]
    return f"{p50(values):,.1f}", f"{p95(values):,.1f}"


if __name__ == "__main__":
    run()
