"""The languages that are known, a row each. What has no row is plain lines: everything works, without syntax.

A language is added by a row here, a grammar wheel and a query file; no code knows a language's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Language:
    """One language.

    `id` is its LSP id and the name of its file in `context/queries`; `aliases` are other ids that editors use for it.
    A file is told by its suffix, or by its whole name (`names`). `comment` opens a comment that ends with its line,
    `block_comment` opens and closes one; "" when the language has none. `grammar` is a module, "" for none, and `entry`
    its function. `extends` is the id of a language whose queries hold here, too.
    """

    id: str
    suffixes: tuple[str, ...]
    comment: str = ""
    block_comment: tuple[str, str] = ("", "")
    grammar: str = ""
    entry: str = "language"
    extends: str = ""
    aliases: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


_C = ("/*", "*/")
_SGML = ("<!--", "-->")

ROWS = (
    Language("python", (".py", ".pyi", ".pyw"), "#", grammar="tree_sitter_python", names=("SConstruct", "SConscript")),
    Language(
        "javascript",
        (".js", ".mjs", ".cjs", ".jsx"),
        "//",
        _C,
        "tree_sitter_javascript",
        aliases=("javascriptreact", "jsx", "javascript.jsx"),
    ),
    Language("typescript", (".ts", ".mts", ".cts"), "//", _C, "tree_sitter_typescript", "language_typescript"),
    Language(
        "typescriptreact",
        (".tsx",),
        "//",
        _C,
        "tree_sitter_typescript",
        "language_tsx",
        extends="typescript",
        aliases=("tsx", "typescript.tsx"),
    ),
    Language("go", (".go",), "//", _C, "tree_sitter_go"),
    Language("rust", (".rs",), "//", _C, "tree_sitter_rust"),
    Language("java", (".java",), "//", _C, "tree_sitter_java"),
    Language("kotlin", (".kt", ".kts"), "//", _C, "tree_sitter_kotlin"),
    Language("c", (".c", ".h"), "//", _C, "tree_sitter_c"),
    Language(
        "cpp",
        (".cpp", ".cc", ".cxx", ".c++", ".hpp", ".hh", ".hxx", ".h++", ".ipp", ".inl"),
        "//",
        _C,
        "tree_sitter_cpp",
        extends="c",
        aliases=("c++", "cuda-cpp", "cuda"),
    ),
    Language("csharp", (".cs", ".csx"), "//", _C, "tree_sitter_c_sharp", aliases=("cs", "c#")),
    Language(
        "ruby",
        (".rb", ".rake", ".gemspec", ".ru"),
        "#",
        ("=begin", "=end"),
        "tree_sitter_ruby",
        names=("Gemfile", "Rakefile", "Guardfile", "Podfile", "Vagrantfile", "Brewfile"),
    ),
    Language("php", (".php", ".phtml", ".phps"), "//", _C, "tree_sitter_php", "language_php"),
    Language("lua", (".lua", ".rockspec"), "--", ("--[[", "]]"), "tree_sitter_lua"),
    Language(
        "shellscript",
        (".sh", ".bash", ".zsh", ".ksh", ".bats"),
        "#",
        grammar="tree_sitter_bash",
        aliases=("bash", "sh", "shell", "zsh", "ksh"),
        names=(".bashrc", ".bash_profile", ".bash_aliases", ".profile", ".zshrc", ".zshenv", ".zprofile", "PKGBUILD"),
    ),
    Language("swift", (".swift",), "//", _C, "tree_sitter_swift"),
    Language("scala", (".scala", ".sc", ".sbt"), "//", _C, "tree_sitter_scala"),
    Language("html", (".html", ".htm", ".xhtml"), "", _SGML, "tree_sitter_html"),
    Language("css", (".css",), "", _C, "tree_sitter_css"),
    Language(
        "json",
        (".json", ".jsonc", ".webmanifest", ".geojson", ".code-workspace"),
        "//",
        _C,
        "tree_sitter_json",
        aliases=("jsonc", "json5"),
        names=(".prettierrc", ".eslintrc", ".babelrc", "composer.lock", "Pipfile.lock"),
    ),
    Language(
        "yaml",
        (".yaml", ".yml"),
        "#",
        grammar="tree_sitter_yaml",
        aliases=("dockercompose", "yaml.docker-compose", "github-actions-workflow", "yaml.ansible"),
        names=(".clang-format", ".clang-tidy", ".clangd"),
    ),
    Language(
        "toml",
        (".toml",),
        "#",
        grammar="tree_sitter_toml",
        names=("Cargo.lock", "poetry.lock", "uv.lock", "Pipfile"),
    ),
    Language("markdown", (".md", ".markdown", ".mdown", ".mkd"), "", _SGML, "tree_sitter_markdown"),
)

# Every row, by its id and by each of its aliases.
LANGUAGES: Mapping[str, Language] = MappingProxyType({each: row for row in ROWS for each in (row.id, *row.aliases)})

_SUFFIXES = {suffix: row.id for row in ROWS for suffix in row.suffixes}
_NAMES = {name: row.id for row in ROWS for name in row.names}


def language_id_of(path: str) -> str:
    """Give the LSP language id of a file; "plaintext" when no row claims its name or its suffix."""
    name = path.replace("\\", "/").rpartition("/")[2]
    _, dot, suffix = name.rpartition(".")
    return _NAMES.get(name) or _SUFFIXES.get(dot + suffix.lower(), "plaintext")
