"""Which files may be seen: the rules by name and by content, each exclusion with its reason.

From the strictest to the mildest:

- files that may hold secrets, by name, wherever they lie;
- ignore files that speak to assistants (`.antiphonignore` and its like): each adds exclusions. A line with "!" takes
  back a line of files of the same name, never one of `.gitignore` or of the lists below: ignore files only narrow;
- folders that are never read, `.gitignore`, generated and minified files: these are about what is worth reading, so
  what a person has open or attaches is excused from them;
- what is no text, or too large, which is a matter of what can be read at all, and does not hold for open documents.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from context.gitignore import IgnoreFiles, Level, Rules, excluding

# A file of this size says little to a model, and reading it would hold up everything else.
MAX_FILE_BYTES = 2_000_000

# What is looked at to tell what kind of file it is; git looks at as much for its NUL.
HEAD_BYTES = 8_000

GIT_IGNORE = ".gitignore"
AI_IGNORES = (".antiphonignore", ".copilotignore", ".aiignore", ".cursorignore")

# The lists are in the syntax of ignore files, compared without regard to case.

# Keys, passwords and what programs store beside them.
SECRETS = (
    *("*.env", ".env", ".env.*", ".envrc", "!.env.example", "!.env.sample", "!.env.template"),
    *("*.pem", "*.key", "*.p12", "*.pfx", "*.p8", "*.ppk", "*.keystore", "*.jks", "*.kdbx", "*.gpg"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "!id_*.pub"),
    *(".netrc", "_netrc", ".pgpass", ".my.cnf", ".npmrc", ".yarnrc.yml", ".pypirc", ".git-credentials", ".htpasswd"),
    *("credentials", "!credentials/", "credentials.json", "credentials.toml", "secrets.*", "!secrets.*/"),
    *("service-account*.json", "service_account*.json", "*-service-account.json", "client_secret*.json"),
    *("application_default_credentials.json", "kubeconfig", "**/.kube/config", "**/.docker/config.json", ".dockercfg"),
    *("*.tfstate", "*.tfstate.*", "*.tfvars", "*.tfvars.json", ".vault-token", ".terraformrc", "master.key"),
    *(".aws/", ".ssh/", ".gnupg/", ".azure/", "**/.config/gcloud/", "**/gh/hosts.yml", ".password-store/"),
)

# What tools make, fetch and keep: large, and nobody's own words.
UNREAD_FOLDERS = (
    *(".git/", ".hg/", ".svn/", ".jj/", "node_modules/", "bower_components/", ".yarn/", ".pnpm-store/"),
    *(".venv/", "venv/", "site-packages/", "__pycache__/", ".tox/", ".nox/", ".eggs/", "*.egg-info/"),
    *(".mypy_cache/", ".pytest_cache/", ".ruff_cache/", ".hypothesis/", ".cache/", ".gradle/", ".terraform/"),
    *("build/", "dist/", "target/", "out/", "_build/", ".next/", ".nuxt/", ".svelte-kit/", ".output/", ".turbo/"),
    *("coverage/", "htmlcov/", ".idea/", ".vs/", "DerivedData/", "Pods/"),
)

# Written by a program for a program.
GENERATED = (
    *("package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "*.lock", "*.lockb", "go.sum", "*.lock.hcl"),
    *("*.min.js", "*.min.mjs", "*.min.css", "*.map", "*.snap"),
)

_GENERATED_MARK = re.compile(rb"@generated\b|\bDO NOT EDIT\b|\bDo not edit (?:this file|by hand|manually)\b")
_MARKED_LINES = 10

# Minified: a line of so many bytes in the head, and hardly another line.
_LONG_LINE_BYTES = 5_000
_FEW_LINES = 10

_SENTENCES = {
    "secrets": "files like {rule} may hold secrets, so no model is shown them; rename it if it holds none.",
    "ai-ignored": "it is excluded by {source} ({rule}); change that line if a model may see the file.",
    "git-ignored": "it is excluded by {source} ({rule}); open it in the editor to have it read.",
    "unread-folder": "it lies in a folder that is not read ({rule}); open it in the editor to have it read.",
    "generated": "it was generated ({rule}); open it in the editor to have it read.",
    "minified": "it is minified; open it in the editor to have it read.",
    "binary": "it is not UTF-8 text; convert it to have it read.",
    "too-large": "it is larger than {rule}; open it in the editor to have it read.",
    "outside": "it lies outside the workspace folders; open it in the editor to have it read.",
    "link": "it is a link that leads out of the workspace folders; open the file it leads to.",
    "no-file": "it is no file on this machine; open it in the editor to have it read.",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a file may be seen. An exclusion has a reason code, the rule, and where that stands ("line 3 of …").

    `str()` gives the reason as a sentence that goes on after the file's name, "" when the file may be seen.
    """

    allowed: bool
    reason: str = ""
    rule: str = ""
    source: str = ""

    @staticmethod
    def no(reason: str, rule: str = "", source: str = "") -> Verdict:
        """Give an exclusion."""
        return Verdict(False, reason, rule, source)

    def __str__(self) -> str:
        return "" if self.allowed else _SENTENCES[self.reason].format(rule=self.rule, source=self.source)


ALLOWED = Verdict(True)

# The file systems on which `.ENV` is `.env`.
_IGNORE_CASE = sys.platform in ("darwin", "win32")

_SECRETS = Rules.of(SECRETS, ignore_case=True)
_UNREAD = Rules.of(UNREAD_FOLDERS, ignore_case=True)
_GENERATED = Rules.of(GENERATED, ignore_case=True)


@dataclass(frozen=True, slots=True)
class Trail:
    """The way to an entry: from the folder where ignore files begin to count, part by part.

    The first `skip` parts are the workspace folder itself: a person who opens `build/` as a folder wants it read.
    """

    top: str
    parts: tuple[str, ...]
    skip: int = 0

    def folders(self) -> list[str]:
        """Give the folders that may hold ignore files about the entry, the top first."""
        return [os.path.join(self.top, *self.parts[:depth]) for depth in range(len(self.parts))]

    def below(self, name: str) -> Trail:
        """Give the way to an entry of this folder."""
        return Trail(self.top, (*self.parts, name), self.skip)


def ignore_files() -> IgnoreFiles:
    """Give a reader of all ignore files that count. One that speaks to assistants excludes all if it is unreadable."""
    return IgnoreFiles((GIT_IGNORE, *AI_IGNORES), closed=AI_IGNORES, ignore_case=_IGNORE_CASE)


# In what follows `levels` are the ignore files of `trail.folders()`, and the first `settled` parts of a path are known
# to be allowed, as they are for somebody who walks down.


def by_secrets(parts: Sequence[str], *, is_folder: bool = False, settled: int = 0) -> Verdict:
    """Judge a path from its root by the list of files that may hold secrets."""
    return _by_list(_SECRETS, "secrets", parts, is_folder, settled)


def by_assistants(trail: Trail, levels: Sequence[Level], *, is_folder: bool = False, settled: int = 0) -> Verdict:
    """Judge by the ignore files that speak to assistants."""
    verdicts = (_by_files(trail, levels, name, "ai-ignored", is_folder, settled) for name in AI_IGNORES)
    return next((verdict for verdict in verdicts if not verdict.allowed), ALLOWED)


def by_worth(trail: Trail, levels: Sequence[Level], *, is_folder: bool = False, settled: int = 0) -> Verdict:
    """Judge by what is worth reading: folders, `.gitignore` and generated files, by name."""
    settled = max(settled, trail.skip)
    verdict = _by_list(_UNREAD, "unread-folder", trail.parts, is_folder, settled)
    if verdict.allowed:
        verdict = _by_files(trail, levels, GIT_IGNORE, "git-ignored", is_folder, settled)
    if verdict.allowed and not is_folder:
        verdict = _by_list(_GENERATED, "generated", trail.parts[-1:], False, 0)
    return verdict


def by_size(size_bytes: int) -> Verdict:
    """Judge by size."""
    if size_bytes <= MAX_FILE_BYTES:
        return ALLOWED
    return Verdict.no("too-large", f"{MAX_FILE_BYTES // 1_000_000} MB", "the limit of size")


def by_kind(head: bytes) -> Verdict:
    """Judge by the first bytes of a file: text or not."""
    try:
        if b"\0" not in head:
            codecs.getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
            return ALLOWED
    except UnicodeDecodeError:
        pass  # the verdict says it
    return Verdict.no("binary", source="its content")


def by_words(head: bytes) -> Verdict:
    """Judge by the first bytes of a text: written by a person, or generated or minified."""
    lines = head.split(b"\n")
    mark = _GENERATED_MARK.search(b"\n".join(lines[:_MARKED_LINES]))
    if mark:
        return Verdict.no("generated", mark[0].decode("ascii"), "its first lines")
    if len(lines) <= _FEW_LINES and max(map(len, lines)) > _LONG_LINE_BYTES:
        return Verdict.no("minified", source="its content")
    return ALLOWED


def _by_list(rules: Rules, reason: str, parts: Sequence[str], is_folder: bool, settled: int) -> Verdict:
    found = excluding(((0, rules),), parts, is_folder=is_folder, skip=settled)
    return Verdict.no(reason, found[1].text, "a built-in list") if found else ALLOWED


def _by_files(trail: Trail, levels: Sequence[Level], name: str, reason: str, is_folder: bool, settled: int) -> Verdict:
    chain = [(depth, level.files[name]) for depth, level in enumerate(levels) if name in level.files]
    found = excluding(chain, trail.parts, is_folder=is_folder, skip=settled) if chain else None
    if found is None:
        return ALLOWED
    depth, rule = found
    return Verdict.no(reason, rule.text, f"line {rule.line} of {'/'.join((*trail.parts[:depth], name))}")
