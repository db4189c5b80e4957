"""What commands are given of our own environment: what programs need to run, and never a key.

A list of what is passed on, since nobody can list the names under which keys stand.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from context.folders import holds

_PASSED = frozenset(
    (
        *("HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "VIRTUAL_ENV", "CONDA_PREFIX"),
        *("JAVA_HOME", "GOPATH", "GOROOT", "GOFLAGS", "CARGO_HOME", "RUSTUP_HOME", "NVM_DIR", "PYENV_ROOT"),
        *("PYTHONDONTWRITEBYTECODE", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
        *("PROGRAMDATA", "PROGRAMFILES", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_RUNTIME_DIR"),
    )
)

# No colours, no pagers, no questions: nobody sits at this terminal.
_SET = {"TERM": "dumb", "NO_COLOR": "1", "PAGER": "cat", "GIT_PAGER": "cat", "GIT_TERMINAL_PROMPT": "0", "CI": "1"}


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of a command: what is listed here, and folders of programs that are absolute."""
    passed = {name: value for name, value in environment.items() if name.upper() in _PASSED or name.startswith("LC_")}
    folders = environment.get("PATH", os.defpath).split(os.pathsep)
    return {**passed, "PATH": os.pathsep.join(filter(os.path.isabs, folders)), **_SET}


def sandboxed(argv: Sequence[str], wrapper: str, folders: Sequence[Path], cwd: Path) -> list[str]:
    """Give a command within bubblewrap: no network, everything read-only but the workspace folders and a new /tmp."""
    inside = [str(each) for each in folders]
    binds = [word for folder in inside for word in ("--bind", folder, folder)]
    return [
        *(wrapper, "--die-with-parent", "--new-session", "--unshare-all", "--ro-bind", "/", "/"),
        *("--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", *binds, "--chdir", str(cwd), "--", *argv),
    ]


def program(name: str, environment: Mapping[str, str]) -> str:
    """Give the path of a program that a command with this environment would run; "" when there is none."""
    return shutil.which(name, path=environment["PATH"]) or ""


def lies_within(path: str, folders: Sequence[Path]) -> bool:
    """Tell whether a program lies in a workspace folder, where whoever wrote the project has put it."""
    reals = [Path(path), Path(os.path.realpath(path))]
    return any(holds(Path(os.path.realpath(folder)), real) for folder in folders for real in reals)
