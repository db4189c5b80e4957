"""What goes along with a question: attached, mentioned, and shown again because it has changed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from context.diagnostics import Diagnostic
from context.hits import ProjectIndex
from context.text import Document
from context.workspace import Workspace
from lsp_server.chat.attach import Sources
from lsp_server.chat.blocks import ContentBlock, Resource, ResourceLink, TextBlock
from lsp_server.chat.gather import gather_for_chat
from lsp_server.chat.prompt import Exchange, Question, build
from lsp_server.errors import AssistantError

pytestmark = pytest.mark.anyio

FILES = {
    "src/cache.py": "import os\n\n\n# Keeps answers.\nclass Cache:\n    def look_up(self):\n        return 1\n",
    "src/main.py": "from cache import Cache\n\nCache().look_up()\n",
    "other/cache.py": "class Cache: ...\n",
    "tests/test_cache.py": "class Cache: ...\n",
    "Makefile": "all:\n",
    ".env": "TOKEN=1\n",
    ".antiphonignore": "private/\n",
    "private/plan.py": "class Secret: ...\n",
}


@dataclass(frozen=True)
class Found:
    """A place as an index gives it."""

    path: Path
    line: int
    text: str = ""


class Indexed(ProjectIndex):
    """An index that knows one definition and one hit, also of what may not be seen."""

    def __init__(self, root: Path) -> None:
        self.places = [
            Found(root / "private/plan.py", 0, "class Secret: ...\n"),
            Found(root / "src/cache.py", 4, "x\nx\n"),
        ]

    async def symbols(self, names: Sequence[str], *, deadline_s: float, limit: int) -> Sequence[Found]:
        return self.places

    async def search(self, texts: Sequence[str], *, deadline_s: float, limit: int) -> Sequence[Found]:
        return self.places if "nothing" not in texts else []


class Desk:
    """A project on disk, what the editor reports, and a conversation about it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.workspace = Workspace([root])
        self.diagnostics: dict[str, list[Diagnostic]] = {}
        self.history: list[Exchange] = []
        self.sources = Sources(self.workspace, root, diagnostics=self.diagnostics)
        for name, text in FILES.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text, "utf-8")

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    async def gather(self, *blocks: ContentBlock | str, room: int = 4_000) -> Question:
        return await gather_for_chat(
            [TextBlock(block) if isinstance(block, str) else block for block in blocks],
            self.sources,
            lambda uri: self.workspace.document(uri, attached=True),
            count=words,
            room_tokens=room,
            history=self.history,
        )

    async def ask(self, *blocks: ContentBlock | str, room: int = 4_000) -> str:
        """Ask, remember the answer, and give the question as it was sent."""
        question = await self.gather(*blocks, room=room)
        prompt = build("", self.history, question, budget_tokens=100_000, count=words)
        self.history.append(Exchange(prompt.question, "Well.", prompt.attachments))
        return prompt.question


def stage(root: Path) -> None:
    """Make a repository in which every file is staged."""
    for command in (("init", "-q"), ("add", "-f", ".")):
        subprocess.run(("git", *command), cwd=root, check=True)


def words(text: str) -> int:
    return len(text.split())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A desk over a new project."""
    return Desk(tmp_path)


async def test_nothing_goes_along_unasked(desk: Desk) -> None:
    """Not even a map: a person who says hello sends no names of the project."""
    assert await desk.gather("Hello! How is it cached?") == Question("Hello! How is it cached?")


@pytest.mark.parametrize(
    ("question", "text", "names"),
    [
        ("What is @src/cache.py?", "What is `src/cache.py`?", ["src/cache.py"]),
        ("@Makefile: why?", "`Makefile`: why?", ["Makefile"]),
        ("@file:src/main.py:2-3 and @src/main.py", "`src/main.py` and `src/main.py`", ["src/main.py", "src/main.py"]),
        ("@src/main.py or @src/main.py", "`src/main.py` or `src/main.py`", ["src/main.py"]),
        ("What is in @folder:src?", "What is in the folder `src`?", ["src"]),
        ("What is in @src/?", "What is in the folder `src`?", ["src"]),
        ("Explain @symbol:Cache.look_up.", "Explain `Cache.look_up`.", ["Cache.look_up"]),
        ("How? @map", "How? (a map of the repository is attached)", [""]),
        ("Mend @problems", "Mend the problems in `the project`", ["the project"]),
        ("Mend @problems:src/main.py", "Mend the problems in `src/main.py`", ["src/main.py"]),
    ],
)
async def test_a_mention_attaches_what_it_names(desk: Desk, question: str, text: str, names: list[str]) -> None:
    """It is named where it stood, and goes along once."""
    found = await desk.gather(question)
    assert found.text == text
    assert [attachment.name for attachment in found.attachments] == names


@pytest.mark.parametrize(
    "question",
    [
        "Who is me@Makefile?",
        "@gone.py, @symbol:Nobody, @folder:gone and @file:src stay",
        "@../outside.py is not below the folder",
        "See `@Makefile` and\n```\n@src/main.py\n```",
        "@src names no file",
        "@" + "a" * 5_000,
    ],
)
async def test_what_is_not_there_stays_plain_text(desk: Desk, question: str) -> None:
    """Nothing is guessed, and nothing outside of the folder is read by a mention."""
    (desk.root.parent / "outside.py").write_text("x\n", "utf-8")
    assert await desk.gather(question) == Question(question)


@pytest.mark.parametrize(
    "block",
    [
        "What is in @.env?",
        "What is in @private/plan.py?",
        "Mend @problems:.env",
        ResourceLink("{root}/.env"),
        ResourceLink("{root}/private/plan.py#L1"),
        ResourceLink("antiphon:diagnostics?uri={root}/.env"),
        ResourceLink("antiphon:outline?uri={root}/private"),
        Resource("{root}/.env", "TOKEN=1"),
        Resource("antiphon:diagnostics?uri={root}/.env", "[]"),
    ],
)
async def test_what_may_not_be_seen_is_refused(desk: Desk, block: ContentBlock | str) -> None:
    """On every way, with the reason, and before any model is asked."""
    root = desk.root.as_uri()
    if isinstance(block, ResourceLink):
        block = ResourceLink(block.uri.format(root=root))
    elif isinstance(block, Resource):
        block = Resource(block.uri.format(root=root), block.text)
    with pytest.raises(AssistantError, match=r"not sent to a model|may see"):
        await desk.gather("?", block)


async def test_what_may_not_be_seen_is_nowhere(desk: Desk) -> None:
    """Not in an outline, a map, hits, definitions or the problems of all files."""
    desk.sources = Sources(desk.workspace, desk.root, index=lambda: Indexed(desk.root), diagnostics=desk.diagnostics)
    desk.diagnostics |= {
        desk.uri(name): [Diagnostic(0, 0, name)] for name in (".env", "private/plan.py", "src/main.py")
    }
    desk.workspace.open(desk.uri("private/plan.py"), "python", 1, "class Secret: ...\n")
    sent = await desk.ask("? @map @folder:. @search:secret @symbol:Secret @problems")
    assert "src/main.py" in sent
    assert "class Cache" in sent
    for hidden in ("TOKEN", ".env", "plan.py", "class Secret"):
        assert hidden not in sent


async def test_a_definition_goes_along_whole(desk: Desk) -> None:
    """With its comment, its file and its lines; where else the name is defined is said, tests last."""
    sent = await desk.ask("What is @symbol:Cache?")
    assert sent == (
        "Definition of `Cache` in `other/cache.py`, lines 1-1 of 1"
        " (also defined in src/cache.py:5, tests/test_cache.py:1):\n"
        "```python\nclass Cache: ...\n```\n\nWhat is `Cache`?"
    )


async def test_the_definition_in_an_attached_file_is_meant(desk: Desk) -> None:
    """What the conversation is about comes first."""
    sent = await desk.ask("What is @symbol:Cache in @src/cache.py?")
    assert "Definition of `Cache` in `src/cache.py`, lines 4-7 of 7 (also defined" in sent
    assert "```python\n# Keeps answers.\nclass Cache:\n" in sent


async def test_an_index_is_asked_first(desk: Desk) -> None:
    """Its lines are read anew, and its hits are placed."""
    desk.sources = Sources(desk.workspace, desk.root, index=lambda: Indexed(desk.root))
    assert "`Cache` in `src/cache.py`, lines 4-7" in await desk.ask("What is @symbol:Cache?")
    sent = await desk.ask('Where? @search:"keeps answers"')
    assert "hold words of `keeps answers`:\n```\nsrc/cache.py:5-6\nclass Cache:\n    def look_up(self):\n```" in sent
    assert (await desk.ask("@search:nothing?")).startswith(
        "Places in the project that hold words of `nothing`: nothing"
    )


async def test_without_an_index_nothing_is_searched(desk: Desk) -> None:
    """The person is told what to do instead."""
    with pytest.raises(AssistantError, match="not indexed"):
        await desk.gather("@search:cache ?")


async def test_links_are_named_as_the_client_names_them(desk: Desk) -> None:
    """Where the client only repeats the end of the path, its whole path below the folder is said."""
    link = ResourceLink(desk.uri("src/main.py"), "main.py")
    assert (await desk.gather("Compare", link, "with", ResourceLink(desk.uri("Makefile"), "the rules"))).text == (
        "Compare `src/main.py` with `the rules`"
    )


async def test_linked_lines_bring_their_surroundings(desk: Desk) -> None:
    """Lines far from the selected ones stay out, however long the file."""
    (desk.root / "long.py").write_text("line\n" * 1000, "utf-8")
    (attachment,) = (await desk.gather("?", ResourceLink(desk.uri("long.py") + "#L500-L510"))).attachments
    assert (attachment.first_line, len(attachment.lines), attachment.file_lines) == (460, 91, 1000)
    with pytest.raises(AssistantError, match=r"long\.py has no line 1001"):
        await desk.gather("?", ResourceLink(desk.uri("long.py") + "#L1001"))


async def test_links_name_what_is_no_file(desk: Desk) -> None:
    """A client offers them in its menu."""
    links = [ResourceLink(f"antiphon:{path}") for path in ("map", "symbol/Cache", "outline", "diagnostics")]
    question = await desk.gather("?", *links)
    assert [attachment.kind for attachment in question.attachments] == ["map", "symbol", "outline", "diagnostics"]


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("antiphon:symbol/Nobody", "No definition of"),
        ("antiphon:outline?uri=file:///gone", "no folder"),
        ("antiphon:outline?uri=untitled:1", "no folder"),
        ("antiphon:outline?uri=file:///" + "a" * 5_000, "no folder"),
        ("antiphon:nothing", "nothing that can be attached"),
        ("file:///gone.py", r"gone\.py (cannot be read|is not sent)"),
    ],
)
async def test_a_link_to_what_is_not_there_is_refused(desk: Desk, uri: str, reason: str) -> None:
    """A person who attached something wants it read."""
    with pytest.raises(AssistantError, match=reason):
        await desk.gather("?", ResourceLink(uri))


async def test_diagnostics_come_from_the_editor(desk: Desk) -> None:
    """Those it reports, or those that the client sends along as the protocol's JSON."""
    desk.diagnostics[desk.uri("src/main.py")] = [Diagnostic(2, 2, "Unused", 2, "lint", "U1")]
    told = "src/main.py, line 3: warning: Unused [lint U1]\n  3 | Cache().look_up()\n"
    assert told in await desk.ask("Mend @problems:src/main.py")
    place = {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 5}}
    sent = json.dumps([{"range": place, "message": "Unused", "severity": 2, "source": "lint", "code": "U1"}])
    desk.diagnostics.clear()
    assert told in await desk.ask("Mend", Resource(f"antiphon:diagnostics?uri={desk.uri('src/main.py')}", sent))
    assert "`Makefile`: the editor reports none." in await desk.ask("Mend @problems:Makefile")


@pytest.mark.parametrize("text", ["", "{}", "[1]", "[" * 100_000])
async def test_diagnostics_that_are_none_are_refused(desk: Desk, text: str) -> None:
    """The client is told which shape is meant."""
    with pytest.raises(AssistantError, match="no list of LSP's"):
        await desk.gather("?", Resource(f"antiphon:diagnostics?uri={desk.uri('Makefile')}", text))


async def test_what_was_made_about_the_project_keeps_its_share(desk: Desk) -> None:
    """A question needs room for itself and for an answer's history."""
    question = await desk.gather("@map @folder:. ?", room=40)
    assert all(words("\n".join(attachment.lines)) <= 10 for attachment in question.attachments)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
async def test_a_diff_leaves_out_what_may_not_be_seen(desk: Desk) -> None:
    """Only the number of such files is told."""
    stage(desk.root)
    sent = await desk.ask("Review @staged")
    assert "(2 changed files left out: excluded):\n```diff\n" in sent
    assert "+++ b/src/main.py" in sent
    assert "TOKEN" not in sent
    assert "plan.py" not in sent


async def test_without_a_repository_there_is_no_diff(desk: Desk) -> None:
    """The person is told why."""
    with pytest.raises(AssistantError, match="no git repository"):
        await desk.gather("Review @diff")


async def test_what_has_changed_goes_along_with_the_next_question(desk: Desk) -> None:
    """Once for each change, in the new question; what was sent before stays as it was."""
    desk.workspace.open(desk.uri("src/main.py"), "python", 1, FILES["src/main.py"])
    first = await desk.ask("What is @src/main.py?")
    assert await desk.ask("Sure?") == "Sure?"
    desk.workspace.open(desk.uri("src/main.py"), "python", 2, FILES["src/main.py"] + "print(1)\n")
    assert await desk.ask("And now?") == (
        "File `src/main.py`, lines 1-4 of 4, changed since it was shown: lines 4-4:\n"
        "```python\nfrom cache import Cache\n\nCache().look_up()\nprint(1)\n```\n\nAnd now?"
    )
    assert await desk.ask("Sure?") == "Sure?"
    assert desk.history[0].question == first


async def test_a_definition_is_followed_where_it_stood(desk: Desk) -> None:
    """Also when it has moved within its file."""
    await desk.ask("What is @symbol:Cache.look_up?")
    (desk.root / "src/cache.py").write_text("\n\n" + FILES["src/cache.py"].replace("1", "2"), "utf-8")
    sent = await desk.ask("And now?")
    assert sent.startswith(
        "Definition of `Cache.look_up` in `src/cache.py`, lines 8-9 of 9, changed since it was shown:"
    )
    assert "return 2" in sent


async def test_what_is_gone_is_told_once(desk: Desk) -> None:
    """The model must not speak of a file as if it were still there."""
    await desk.ask("What is @src/main.py and @symbol:look_up?")
    (desk.root / "src/main.py").unlink()
    (desk.root / "src/cache.py").unlink()
    sent = await desk.ask("And now?")
    assert "File `src/main.py`: it is no longer there." in sent
    assert "Definition of `Cache.look_up` in `src/cache.py`: it is no longer there." in sent
    assert await desk.ask("Sure?") == "Sure?"


async def test_what_is_excluded_later_is_not_shown_again(desk: Desk) -> None:
    """Rules hold from the moment they are written."""
    await desk.ask("What is @src/main.py?")
    (desk.root / ".antiphonignore").write_text("src/\n", "utf-8")
    (desk.root / "src/main.py").write_text("changed\n", "utf-8")
    sent = await desk.ask("And now?")
    assert "src/main.py is not sent to a model" in sent
    assert "changed\n" not in sent


async def test_what_is_attached_again_is_marked_when_it_has_changed(desk: Desk) -> None:
    """It goes along whole, as the person wants it."""
    await desk.ask("What is @src/main.py?")
    assert "changed since" not in await desk.ask("Sure? @src/main.py")
    (desk.root / "src/main.py").write_text("new = 1\n", "utf-8")
    sent = await desk.ask("And now? @src/main.py")
    assert sent.startswith("File `src/main.py`, lines 1-1 of 1, changed since it was shown:\n```python\nnew = 1\n")


async def test_a_question_is_needed(desk: Desk) -> None:
    """Attachments alone ask nothing."""
    with pytest.raises(AssistantError, match="no question"):
        await desk.gather(" ", ResourceLink(desk.uri("Makefile")))


async def test_a_text_that_came_along_is_what_the_client_sent(desk: Desk) -> None:
    """It may be of another version than the file on disk."""
    question = await desk.gather("?", Resource(desk.uri("Makefile") + "#L7", "seven"))
    (attachment,) = question.attachments
    assert (attachment.lines, attachment.first_line) == (("seven",), 7)


async def test_unsaved_documents_can_be_mentioned(desk: Desk) -> None:
    """A file that is open and not on disk yet is there."""
    desk.workspace.open(desk.uri("new.py"), "python", 1, "fresh = 1\n")
    assert "fresh = 1" in await desk.ask("What is @new.py?")
    assert Document.of(desk.uri("new.py"), "python", 1, "fresh = 1\n") == desk.workspace.opened(desk.uri("new.py"))
