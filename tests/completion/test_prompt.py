"""What a model is sent: within its window, with the project beside the text, and with a beginning that stays put."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from context.gatherer import Gathered, Wanted
from context.snippet import Snippet, Source
from context.text import Document, Position, RangeChange, Span
from context.tokens import estimate
from lsp_server.completion.prompt import EMBEDDED_WINDOW, Prompts
from lsp_server.config import Config, FimWay
from lsp_server.models.messages import FimRequest, Usage
from lsp_server.models.providers import EMBEDDED, Model, resolve

pytestmark = pytest.mark.anyio

LINES = "".join(f"value_{i} = compute(value_{i - 1}, {i})\n" for i in range(2_000))
LOCAL = resolve(EMBEDDED, Config(), {})
TYPED = "answer = total(value_1)"


def model(template: str = "qwen", *, embedded: bool = False, window: int = 4_096) -> Model:
    """Give a model of a family."""
    return replace(LOCAL, fim_template=template, context_window=window, embedded=embedded)


def snippet(uri: str, text: str, source: Source = "definition") -> Snippet:
    """Give a snippet of a file."""
    return Snippet(uri, Span(0, 0), text, source, 1.0)


class Project:
    """A project that always has the same to say, and remembers what was wanted of it."""

    def __init__(self, *snippets: Snippet) -> None:
        self.snippets_given = snippets
        self.wanted: list[Wanted] = []
        self.prepared: list[Wanted] = []

    def continued(self, document: Document, offset: int) -> tuple[Document, int]:
        """There are no notebooks."""
        return document, offset

    def prepare(self, wanted: Wanted) -> None:
        """Remember it."""
        self.prepared.append(wanted)

    async def snippets(self, wanted: Wanted, deadline_s: float) -> Gathered:
        """Give what there is."""
        self.wanted.append(wanted)
        return Gathered(self.snippets_given, "The project is still being indexed.")

    def name(self, uri: str) -> str:
        """Give the last part."""
        return uri.rpartition("/")[2]

    def repository(self, uri: str) -> str:
        """Give a name."""
        return "shop"


async def request(
    prompts: Prompts, document: Document, offset: int, way: FimWay = "template", of: Model | None = None
) -> FimRequest:
    """Ask for one line."""
    asked, _ = await prompts.request(document, offset, of or model(), way, max_tokens=32, most_tokens=160, stop=("\n",))
    return asked


def long_file() -> tuple[Document, int]:
    """Give a file that is longer than any window, and its middle."""
    document = Document.of("file:///shop/a.py", "python", 1, LINES)
    return document, document.line_start(1_000)


PROJECT_OF_THREE = (
    snippet("file:///shop/b.py", "def total(values)\n" * 20),
    snippet("file:///shop/b.py", "def half(value)\n"),
    snippet("", "values: append\n", "usage"),
    snippet("file:///shop/c.py", "-old\n+new\n", "recent edit"),
)


async def test_snippets_go_along_as_files_in_their_order() -> None:
    """What follows each other out of one file is one; a diff, and what is of many files, say so by their name."""
    document, offset = long_file()
    sent = await request(Prompts(Project(*PROJECT_OF_THREE)), document, offset, "infill")
    assert [file.name for file in sent.files] == ["b.py", "usage.txt", "c.py.diff"]
    assert sent.files[0].text.endswith("def total(values)\ndef half(value)\n")


@pytest.mark.parametrize("way", ["infill", "suffix", "template", "prefix"])
@pytest.mark.parametrize("window", [1_024, 4_096, 32_768])
async def test_prompt_and_answer_fit_into_the_window(way: FimWay, window: int) -> None:
    """Whatever goes along; of a large window no more is used than a completion is worth."""
    document, offset = long_file()
    many = (snippet(f"file:///shop/{number}.py", "x = compute(1)\n" * 4) for number in range(8))
    sent = await request(Prompts(Project(*many)), document, offset, way, model(window=window))
    tokens = estimate("".join((sent.prefix, sent.suffix or "", *(file.text for file in sent.files))))
    assert tokens + 160 <= min(window, 2_048 + 160)
    assert tokens > 0.4 * min(window - 160, 2_048)


async def test_the_embedded_model_is_shown_its_own_window() -> None:
    """A small one, since it reads slowly; code as it stands, since it goes on as that does."""
    document, offset = long_file()
    project = Project()
    sent = await request(Prompts(project), document, offset, "prefix", model("", embedded=True))
    assert estimate(sent.prefix, "small") <= EMBEDDED_WINDOW
    assert [wanted.verbatim for wanted in project.wanted] == [True]


@pytest.mark.parametrize(
    ("way", "template"),
    [
        ("infill", ""),
        ("suffix", "qwen"),
        ("prefix", ""),
        *(("template", family) for family in ("codestral", "seed", "mellum", "qwen", "starcoder2", "deepseek", "glm")),
    ],
)
async def test_while_a_person_types_on_one_line_nine_tenths_of_a_prompt_stay_put(way: FimWay, template: str) -> None:
    """All of it before the key, where the suffix comes first or apart; all before the suffix, where that is last."""
    document, offset = long_file()
    prompts = Prompts(Project(*PROJECT_OF_THREE))
    suffix_is_last = way == "template" and template in ("qwen", "starcoder2", "deepseek", "glm")
    sent: list[tuple[str, str]] = []
    for count, key in enumerate(TYPED):
        at = Position(1_000, count)
        document = document.with_change(RangeChange(at, at, key), "utf-16", count + 2)
        asked = await request(prompts, document, offset + count + 1, way, model(template))
        sent.append((asked.prefix, asked.suffix or ""))
    for (prompt, suffix), (following, following_suffix) in pairwise(sent):
        shared = next((at for at, (a, b) in enumerate(zip(prompt, following, strict=False)) if a != b), len(prompt))
        before_suffix = prompt.rindex("\na") if suffix_is_last else len(prompt)
        assert shared >= before_suffix * (1.0 if suffix_is_last else 0.9)
        assert suffix == following_suffix


async def test_what_is_prepared_is_what_is_asked_for() -> None:
    """So the answer is held when the request comes."""
    document, offset = long_file()
    project = Project()
    prompts = Prompts(project)
    prompts.prepare(document, offset, model(), "template", 160)
    await request(prompts, document, offset)
    assert project.prepared == project.wanted


async def test_what_an_endpoint_counts_changes_the_size_of_the_next_prompt() -> None:
    """A tokenizer that makes more of the text gets less of it."""
    document, offset = long_file()
    prompts = Prompts()
    sent = await request(prompts, document, offset)
    for _ in range(10):
        counted = int(estimate(sent.prefix) * 1.4)
        prompts.learn(sent, "python", model(), Usage(input_tokens=counted))
    assert len((await request(prompts, document, offset)).prefix) < 0.8 * len(sent.prefix)
