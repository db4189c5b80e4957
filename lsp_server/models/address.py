"""Addresses of servers: one spelling for each, whichever way a person writes it."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit, urlunsplit


def normalised(url: str, path: str) -> str:
    """Give an address without a trailing slash, to which the paths of a dialect can be added; "" when it is none.

    `path` is where the API of such a server begins, "/v1" or "" for its root. An address of a host alone is completed
    with it; where the API begins at the root, a "/v1" that belongs to another dialect is taken off. Any other path
    is the person's own and stays. Query and fragment are dropped.
    """
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return ""
    if not usable or any(character.isspace() for character in parts.netloc):
        return ""
    own = "/" + "/".join(part for part in parts.path.split("/") if part)
    own = "" if own == "/" or (not path and own == "/v1") else own
    return urlunsplit((parts.scheme, parts.netloc, own or path, "", ""))


def sibling(url: str, path: str, other: str) -> str:
    """Give the address of another part of the same API: `path` at its end becomes `other`, if it stands there."""
    return url.removesuffix(path) + other if other and url.endswith(path) else url


def is_loopback(url: str) -> bool:
    """Tell whether an address is on this machine, so that no text leaves it."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
