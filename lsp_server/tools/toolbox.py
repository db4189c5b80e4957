"""All built-in tools, by name."""

from __future__ import annotations

from collections.abc import Mapping

from lsp_server.tools.ask import ASK_USER, PLAN, RECALL
from lsp_server.tools.edit import CREATE_FILE, DELETE_FILE, EDIT, RENAME_FILE
from lsp_server.tools.fetch import FETCH_URL
from lsp_server.tools.files import LIST_DIR, READ_FILE
from lsp_server.tools.git import GIT_DIFF, GIT_LOG, GIT_SHOW, GIT_STATUS
from lsp_server.tools.lookups import DEFINITION, DIAGNOSTICS, REFERENCES, SYMBOLS
from lsp_server.tools.search import GLOB, GREP
from lsp_server.tools.shell import RUN_COMMAND, RUN_TESTS
from lsp_server.tools.tool import Tool

# In one order always: models read them, and endpoints keep what they have read while it stays the same.
TOOLS: Mapping[str, Tool] = {
    tool.name: tool
    for tool in (
        *(READ_FILE, LIST_DIR, GLOB, GREP, SYMBOLS, DEFINITION, REFERENCES, DIAGNOSTICS),
        *(EDIT, CREATE_FILE, RENAME_FILE, DELETE_FILE, RUN_TESTS, RUN_COMMAND),
        *(GIT_STATUS, GIT_DIFF, GIT_LOG, GIT_SHOW, FETCH_URL, ASK_USER, RECALL, PLAN),
    )
}
