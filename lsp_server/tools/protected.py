"""Files that decide what programs do on their own: a change of them is always asked, whatever is allowed otherwise.

Who can write an editor's settings, a hook, a workflow or an assistant's instructions can run anything later, without
being asked (CVE-2025-53773: an assistant switched its own confirmations off in a settings file).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from context.gitignore import Rules, excluding
from context.ignore import AI_IGNORES

# In the syntax of ignore files, compared without regard to case.
PROTECTED = (
    # git: hooks, settings that name programs, filters.
    *(".git", ".git/", "git~1", "*.git/hooks/", ".gitmodules", ".gitattributes", ".gitconfig", ".githooks/", ".husky/"),
    *(".pre-commit-config.yaml", ".lefthook.y*ml", "lefthook.y*ml", "**/.config/git/"),
    # What runs on somebody else's machine, with that one's keys.
    *("**/.github/workflows/", "**/.github/actions/", ".gitlab-ci.y*ml", ".circleci/", ".travis.yml", ".drone.y*ml"),
    *("Jenkinsfile", "azure-pipelines.y*ml", "bitbucket-pipelines.yml", ".buildkite/", ".woodpecker/"),
    # Editors.
    *(".vscode/", "*.code-workspace", ".idea/", "*.iml", ".vs/", ".zed/", ".fleet/", ".helix/", ".devcontainer/"),
    *(".devcontainer.json", ".exrc", ".vimrc", ".nvimrc", ".nvim.lua", ".lvimrc", ".dir-locals*.el", ".emacs*"),
    *("*.sublime-project", "*.sublime-workspace", ".editorconfig"),
    # Shells, and what runs when a folder is entered or a program starts.
    *(".bashrc", ".bash_*", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlog*", ".kshrc", ".cshrc", ".login"),
    *("**/.config/fish/", ".inputrc", ".xinitrc", ".xprofile", ".envrc", "mise.toml", ".mise.toml", ".tool-versions"),
    *("sitecustomize.py", "usercustomize.py", "*.pth", "**/.cargo/config*", ".ssh/", ".gnupg/", ".netrc"),
    *(".npmrc", ".yarnrc*", ".pnpmfile.*", ".bunfig.toml", "bunfig.toml", "pip.conf", "pip.ini", ".condarc"),
    *(".bazelrc", ".gdbinit", ".lldbinit", ".pdbrc", ".direnvrc"),
    # Assistants: our own settings and exclusions, instructions, servers of tools.
    *(".antiphon*", *AI_IGNORES, "AGENTS.md", "AGENT.md", "AGENTS.override.md", "*.instructions.md", "*.prompt.md"),
    *("*copilot-instructions.md", "CLAUDE*.md", ".claude/", ".claude.json", "GEMINI.md", ".gemini/", ".cursor/"),
    *(
        ".cursorrules",
        "*.mdc",
        ".windsurf*",
        ".clinerules",
        ".roo/",
        ".roorules*",
        ".continue/",
        ".codex/",
        ".amazonq/",
    ),
    *(".aider*", ".rules", ".mcp.json", "mcp.json", "mcp_config.json", ".kiro/", ".junie/", ".goosehints"),
)

_CHAIN = ((0, Rules.of(PROTECTED, ignore_case=True)),)


def protection(parts: Sequence[str]) -> str:
    """Give the line that protects a path, "" when none does; `parts` are those below, and of, a workspace folder.

    Some file systems take `.GIT`, `.git.` and `.g\\u200cit` for `.git` (CVE-2014-9390, CVE-2019-1352), so that what
    could be meant counts.
    """
    plain = [_plain(part) for part in parts]
    found = excluding(_CHAIN, plain, is_folder=False) or excluding(_CHAIN, plain, is_folder=True)
    return found[1].text if found else ""


def _plain(part: str) -> str:
    shown = "".join(each for each in unicodedata.normalize("NFKC", part) if unicodedata.category(each) != "Cf")
    return shown.partition(":")[0].rstrip(". ").casefold() or part
