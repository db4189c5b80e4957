"""What the person has: open documents over files on disk. The only reader of project files.

An open document always wins over its file, saved or not. What the rules of `ignore` exclude is not given out by any
way: a file that may hold secrets stays unseen also while it is open.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from context.disk import read_head, read_regular
from context.exclusions import Exclusions, by_content
from context.folders import Place, path_of, path_within
from context.gitignore import Level
from context.ignore import ALLOWED, HEAD_BYTES, MAX_FILE_BYTES, Trail, Verdict, ignore_files
from context.languages import language_id_of
from context.syntax import Syntax, parse
from context.text import BadChangeError, Document, Encoding, RangeChange
from context.walk import MAX_FILES, Entry, listing, walk

logger = logging.getLogger(__name__)

__all__ = ["MAX_FILE_BYTES", "Workspace", "path_of"]


@dataclass(slots=True)
class _Opened:
    """An open document, where it stands, and the last verdict with the ignore files that it was made of."""

    syntax: Syntax
    place: Place | None
    secrets: Verdict
    levels: list[Level]
    verdict: Verdict


class Workspace:
    """Open documents with their syntax, and files on disk in some folders.

    `folders` None: nobody has said what belongs to the project, as in a terminal, where every file that is read was
    named by the person. With folders, even with none, a file outside of them is read only when it is `attached`.
    """

    def __init__(self, folders: Sequence[Path] | None = None) -> None:
        self._open: dict[str, _Opened] = {}
        self._uris: dict[Path, str] = {}
        self._ignore_files = ignore_files()
        self._rules = Exclusions(folders, self._ignore_files)

    def set_folders(self, folders: Sequence[Path]) -> None:
        """Take over the workspace folders; the rules hold from now on, also for what is open."""
        self._rules = Exclusions(folders, self._ignore_files)
        for uri, opened in self._open.items():
            self._open[uri] = self._placed(uri, opened.syntax)

    # The editor's own sync, which knows no exclusions: what is open must be known to be judged and closed again.

    def open(self, uri: str, language_id: str, version: int, text: str) -> None:
        """Take over a document from the editor; opening it again replaces it."""
        opened = self._placed(uri, parse(Document.of(uri, language_id, version, text)))
        self._open[uri] = opened
        if opened.place is not None and path_of(uri) is not None:
            self._uris[opened.place.real] = uri

    def change(
        self, uri: str, version: int, changes: Sequence[RangeChange | str], encoding: Encoding
    ) -> Document | None:
        """Apply changes in order; a bare string is the whole new text. Gives the new document.

        A change that cannot be meant is logged and left out: the document stays whole. None when the document
        was never opened.
        """
        opened = self._open.get(uri)
        if opened is None:
            logger.warning("a change of %s was ignored: the document is not open", uri)
            return None
        for change in changes:
            opened.syntax = self._changed(opened.syntax, version, change, encoding)
        return opened.syntax.document

    def close(self, uri: str) -> None:
        """Forget a document; its file counts again."""
        opened = self._open.pop(uri, None)
        if opened is not None and opened.place is not None and self._uris.get(opened.place.real) == uri:
            del self._uris[opened.place.real]

    # What everybody else may see

    def verdict(self, uri: str, *, attached: bool = False) -> Verdict:
        """Say whether a document or file may be seen, and if not, why.

        A person who works in a document or attaches a file (`attached`) wants it read, so only rules about secrets
        and ignore files that speak to assistants hold then; an attached file must also be text of moderate size.
        A file that is not there is not excluded.
        """
        opened = self._open.get(self._known_as(uri))
        if opened is not None:
            return self._judge_open(opened)
        path = path_of(uri)
        if path is not None:
            return self._judge_file(path, attached=attached)
        within = path_within(uri)
        verdict = self._rules.by_name(self._rules.folders.place(within), attached=True) if within else ALLOWED
        return verdict if not verdict.allowed else Verdict.no("no-file")

    def opened(self, uri: str) -> Document | None:
        """Give an open document; None when the editor has not opened it, or it is excluded."""
        syntax = self.syntax(uri)
        return syntax.document if syntax else None

    def syntax(self, uri: str) -> Syntax | None:
        """Give the syntax of an open document, parsed when it is first asked; None when `opened` gives none."""
        opened = self._open.get(uri)
        return opened.syntax if opened is not None and self._judge_open(opened).allowed else None

    def document(self, uri: str, *, attached: bool = False) -> Document | None:
        """Give a document: the open one, else the file's text; None when there is neither, or it is excluded."""
        known_as = self._known_as(uri)
        if known_as in self._open:
            return self.opened(known_as)
        path = path_of(uri)
        return self._read(uri, path, attached=attached) if path is not None else None

    def files(self, most: int = MAX_FILES) -> Iterator[Path]:
        """Give the files of all folders that may be seen by name and size; at most so many, then it is logged.

        What only their content tells, generated or no text, is told by `verdict` and `document`.
        """
        return walk(self._rules.folders.folders, self._ignore_files, most)

    def listing(self, folder: Path) -> list[Entry] | None:
        """Give what may be seen in a folder; None when the folder itself may not be seen or is none."""
        place = self._rules.folders.place(folder)
        if not self._rules.by_name(place, attached=False, is_folder=True).allowed or not place.real.is_dir():
            return None
        trail = place.trails[0] if place.trails else Trail(str(place.real), ())
        return listing(place.real, trail, self._ignore_files)

    def _known_as(self, uri: str) -> str:
        """Give the URI under which a file is open: editors spell one path in several ways, and links make more."""
        if uri in self._open or (path := path_of(uri)) is None:
            return uri
        return self._uris.get(self._rules.folders.place(path).real, uri)

    def _placed(self, uri: str, syntax: Syntax) -> _Opened:
        path = path_within(uri)
        place = self._rules.folders.place(path) if path is not None else None
        secrets = self._rules.secrets(place) if place is not None else ALLOWED
        return _Opened(syntax, place, secrets, [], ALLOWED)

    def _judge_open(self, opened: _Opened) -> Verdict:
        """Judge an open document. This happens at every key, so nothing is matched while no ignore file changes."""
        if opened.place is None or not opened.secrets.allowed:
            return opened.secrets
        levels = [level for trail in opened.place.trails for level in self._rules.levels(trail)]
        if levels != opened.levels:
            opened.verdict = self._rules.assistants(opened.place)
            opened.levels = levels
        return opened.verdict

    def _judge_file(self, path: Path, *, attached: bool) -> Verdict:
        place = self._rules.folders.place(path)
        verdict = self._rules.by_name(place, attached=attached)
        if not verdict.allowed:
            return verdict
        try:
            head = read_head(str(place.real), HEAD_BYTES)
            return by_content(head, place.real.stat().st_size, attached=attached)
        except OSError:
            return ALLOWED  # there is nothing to see, and `document` gives nothing

    def _read(self, uri: str, path: Path, *, attached: bool) -> Document | None:
        """Read a file as a document of version 0; None when it is excluded, missing, or not UTF-8 text."""
        place = self._rules.folders.place(path)
        verdict = self._rules.by_name(place, attached=attached)
        try:
            if verdict.allowed:
                data = read_regular(str(place.real), MAX_FILE_BYTES)
                verdict = by_content(data[:HEAD_BYTES], len(data), attached=attached)
            if not verdict.allowed:
                logger.info("%s is left out: %s", path, verdict)
                return None
            return Document.of(uri, language_id_of(path.name), 0, data.decode("utf-8"))
        except (OSError, ValueError) as error:
            logger.info("%s is left out: %s", path, error)
            return None

    @staticmethod
    def _changed(syntax: Syntax, version: int, change: RangeChange | str, encoding: Encoding) -> Syntax:
        before = syntax.document
        if isinstance(change, str):
            return parse(Document.of(before.uri, before.language_id, version, change))
        try:
            return syntax.after(before.with_change(change, encoding, version))
        except BadChangeError as error:
            logger.warning("a change was ignored: %s", error)
            return syntax
