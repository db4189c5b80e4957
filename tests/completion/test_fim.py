"""Prompts for filling in the middle, byte for byte as each family of models was trained."""

from __future__ import annotations

from itertools import pairwise

import pytest

from context.gather import CompletionContext
from lsp_server.completion.fim import TEMPLATES, Beside, characters_of, request_for
from lsp_server.config import FimWay
from lsp_server.models.catalog import FIM_TEMPLATES
from lsp_server.models.messages import FileText

# What follows "a = " and stands before "\nb": the file alone, and with one other file.
GOLDEN = {
    "qwen": (
        "<|fim_prefix|>a = <|fim_suffix|>\nb<|fim_middle|>",
        "<|repo_name|>shop\n<|file_sep|>lib/c.py\nc = 1\n<|file_sep|>a.py\n"
        "<|fim_prefix|>a = <|fim_suffix|>\nb<|fim_middle|>",
    ),
    "granite": (
        "<|fim_prefix|>a = <|fim_suffix|>\nb<|fim_middle|>",
        "<|fim_prefix|># Path: lib/c.py\n# c = 1\n# Path: a.py\na = <|fim_suffix|>\nb<|fim_middle|>",
    ),
    "codegemma": (
        "<|fim_prefix|>a = <|fim_suffix|>\nb<|fim_middle|>",
        "lib/c.py\nc = 1\n<|file_separator|>a.py\n<|fim_prefix|>a = <|fim_suffix|>\nb<|fim_middle|>",
    ),
    "starcoder": (
        "<fim_prefix>a = <fim_suffix>\nb<fim_middle>",
        "<fim_prefix># Path: lib/c.py\n# c = 1\n# Path: a.py\na = <fim_suffix>\nb<fim_middle>",
    ),
    "starcoder2": (
        "<fim_prefix>a = <fim_suffix>\nb<fim_middle>",
        "<repo_name>shop<file_sep>lib/c.py\nc = 1\n<file_sep><fim_prefix>a.py\na = <fim_suffix>\nb<fim_middle>",
    ),
    "codellama": (
        "<PRE> a =  <SUF>\nb <MID>",
        "<PRE> # Path: lib/c.py\n# c = 1\n# Path: a.py\na =  <SUF>\nb <MID>",
    ),
    "deepseek": (
        "<｜fim▁begin｜>a = <｜fim▁hole｜>\nb<｜fim▁end｜>",
        "<｜fim▁begin｜>#lib/c.py\nc = 1\n#a.py\na = <｜fim▁hole｜>\nb<｜fim▁end｜>",
    ),
    "codestral": (
        "[SUFFIX]\nb[PREFIX]a = ",
        "[SUFFIX]\nb[PREFIX]+++++ lib/c.py\nc = 1\n\n+++++ a.py\na = ",
    ),
    "seed": (
        "<[fim-suffix]>\nb<[fim-prefix]>a = <[fim-middle]>",
        "<[fim-suffix]>\nb<[fim-prefix]># Path: lib/c.py\n# c = 1\n# Path: a.py\na = <[fim-middle]>",
    ),
    "mellum": (
        "<fim_suffix>\nb<fim_prefix>a = <fim_middle>",
        "<filename>lib/c.py\nc = 1\n<filename>a.py\n<fim_suffix>\nb<fim_prefix>a = <fim_middle>",
    ),
    "glm": (
        "<|code_prefix|>a = <|code_suffix|>\nb<|code_middle|>",
        "<|code_prefix|># Path: lib/c.py\n# c = 1\n# Path: a.py\na = <|code_suffix|>\nb<|code_middle|>",
    ),
}

BESIDE = Beside("shop", "a.py", "python", (FileText("lib/c.py", "c = 1\n"),))

# Families whose prompts end with the prefix: all before the cursor's line stays as it was.
SUFFIX_FIRST = ("codestral", "seed", "mellum")


ALONE = Beside()


def rendered(family: str, prefix: str, suffix: str = "", beside: Beside = ALONE) -> str:
    """Give the prompt of a family."""
    context = CompletionContext(prefix, suffix)
    return request_for("template", context, beside, template=family, max_tokens=9).prefix


@pytest.mark.parametrize("family", GOLDEN)
def test_a_template_is_rendered_as_the_model_was_trained(family: str) -> None:
    """Tokens, order and spaces are exact; the suffix goes into the prompt and not along with it."""
    request = request_for("template", CompletionContext("a = ", "\nb"), template=family, max_tokens=9)
    assert request.prefix == GOLDEN[family][0]
    assert request.suffix is None
    assert set(TEMPLATES[family].stop) <= set(request.stop)


@pytest.mark.parametrize("family", GOLDEN)
def test_other_files_go_where_the_model_was_trained_to_see_them(family: str) -> None:
    """In the family's own form, else as comments before the prefix."""
    assert rendered(family, "a = ", "\nb", BESIDE) == GOLDEN[family][1]


def test_every_family_of_the_catalogue_has_a_template() -> None:
    """What the catalogue names can be rendered."""
    assert set(FIM_TEMPLATES) <= set(TEMPLATES) == set(GOLDEN)


@pytest.mark.parametrize("family", GOLDEN)
def test_a_model_s_own_tokens_are_broken_up_wherever_they_stand(family: str) -> None:
    """In the text on both sides, in other files, and in all names: none of them opens or closes anything."""
    tokens = " ".join(TEMPLATES[family].reserved)
    files = (FileText(f"{tokens}.py", f"x = {tokens}\n{tokens}\n"),)
    clean = rendered(family, "a", "b", Beside("r", "n", "python", (FileText("f", "t\n"),)))
    dirty = rendered(family, f"a{tokens}", tokens, Beside(tokens, tokens, "python", files))
    for token in TEMPLATES[family].reserved:
        assert dirty.count(token) == clean.count(token)


def test_braces_in_a_person_s_text_are_only_text() -> None:
    """Code full of braces goes through as it is."""
    prompt = rendered("qwen", "f'{prefix}{x}' + ", "{suffix}")
    assert prompt == "<|fim_prefix|>f'{prefix}{x}' + <|fim_suffix|>{suffix}<|fim_middle|>"


def test_a_plain_continuation_is_asked_for_without_trailing_blanks_and_fences() -> None:
    """Small models do badly after a blank, and like to open a Markdown fence."""
    request = request_for("prefix", CompletionContext("return ", "\n"), max_tokens=9)
    assert (request.prefix, request.suffix, request.stop, request.banned) == ("return", None, ("\n",), ("```",))


def test_a_plain_continuation_goes_on_from_code_and_not_from_comments() -> None:
    """Other files stand there as they are, what is no code as a comment, and each under its path."""
    beside = Beside("shop", "a.py", "python", (*BESIDE.files, FileText("lib/d.py.diff", "-old\n+new\n")))
    prompt = request_for("prefix", CompletionContext("a", ""), beside, max_tokens=9).prefix
    assert prompt == "# Path: lib/c.py\nc = 1\n# Path: lib/d.py.diff\n# -old\n# +new\n# Path: a.py\na"


@pytest.mark.parametrize(
    ("language_id", "expected"),
    [("css", "/*\nPath: c.css\na { } /* x * /\nPath: a.css\n*/\n."), ("plaintext", ".")],
)
def test_comments_are_those_of_the_language(language_id: str, expected: str) -> None:
    """What would end a comment does not; a language without comments is shown no other files."""
    beside = Beside("shop", "a.css", language_id, (FileText("c.css", "a { } /* x */\n"),))
    assert request_for("suffix", CompletionContext(".", ""), beside, max_tokens=9).prefix == expected


def test_a_native_way_sends_both_sides_and_the_files_as_they_are() -> None:
    """Where the endpoint fills in itself, it gets everything untouched."""
    context = CompletionContext("return <|fim_suffix|> ", "\nx")
    request = request_for("infill", context, BESIDE, template="qwen", max_tokens=9, stop=())
    assert (request.prefix, request.suffix, request.stop) == ("return <|fim_suffix|> ", "\nx", ())
    assert request.files == BESIDE.files


@pytest.mark.parametrize("way", ["infill", "suffix", "prefix", "template"])
def test_what_other_files_take_is_known_before(way: FimWay) -> None:
    """So the text around the cursor gets the rest of the room, and no more."""
    with_files = request_for(way, CompletionContext("a", ""), BESIDE, template="qwen", max_tokens=9)
    size = len(with_files.prefix) + sum(len(file.name) + len(file.text) for file in with_files.files)
    assert size - 1 - len("<|fim_prefix|><|fim_suffix|><|fim_middle|>") <= characters_of(way, BESIDE, "qwen") <= size


@pytest.mark.parametrize("way", ["infill", "suffix", "prefix", *SUFFIX_FIRST, "qwen", "starcoder2", "deepseek"])
def test_keys_on_one_line_leave_the_beginning_of_the_prompt_as_it_was(way: str) -> None:
    """Of one prompt, nine tenths and more are the beginning of the next; with the suffix last, all before that."""
    text, suffix, typed = "value = compute(1)\n" * 120, "\ndone()\n" * 60, "answer = total(value)"
    suffix_is_last = way not in SUFFIX_FIRST and way in TEMPLATES
    prompts = []
    for count in range(len(typed)):
        context = CompletionContext(text + typed[:count], suffix)
        named: FimWay = way if way in ("infill", "suffix", "prefix") else "template"  # type: ignore[assignment]  # above
        prompts.append(request_for(named, context, BESIDE, template=way, max_tokens=9).prefix)
    for prompt, following in pairwise(prompts):
        length = len(prompt) - (len(suffix) if suffix_is_last else 0)
        shared = next((at for at, (a, b) in enumerate(zip(prompt, following, strict=False)) if a != b), len(prompt))
        assert shared >= 0.9 * length
