"""Which addresses on the network a tool may talk to: public ones, however they are written.

A page may name an address of this machine, of the local network or of a cloud's metadata service, and what stands
there believes whoever asks from here. Hosts are therefore resolved first, every address is judged, and the connection
is made to the one that was judged: a name may mean another address a moment later.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from lsp_server.errors import AssistantError

MOST_CHARACTERS = 4_000

# What Python does not count among the private ones, or not in every version: shared space (RFC 6598), benchmarks,
# translations of IPv4 (RFC 6052, 8215), Teredo and 6to4, which carry any IPv4 address.
_BLOCKED = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"),
            *("64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10"),
        ),
    )
)
_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa", "localdomain")
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")


class AddressRefused(AssistantError):
    """An address that no tool talks to; the message tells the model why."""


@dataclass(frozen=True, slots=True)
class Address:
    """A checked URL: `host` in its plain form, and the port that it means."""

    url: str
    scheme: str
    host: str
    port: int


def checked(url: str) -> Address:
    """Read a URL. Raises AddressRefused for what is none of the public web, as far as its text tells."""
    if len(url) > MOST_CHARACTERS or any(not each.isprintable() or each.isspace() or each == "\\" for each in url):
        raise AddressRefused("The address is too long, or holds characters that no address has.")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
        host = host if ":" in host else host.encode("idna").decode("ascii").lower()
    except ValueError as error:
        raise AddressRefused(f"{url[:200]!r} is no address: give one that begins with https://.") from error
    if parts.scheme not in ("http", "https") or not host:
        raise AddressRefused("Only addresses that begin with http:// or https:// are fetched.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("An address with a name or password in it is not fetched.")
    _refuse_local(host)
    plain = urlunsplit((parts.scheme, parts.netloc, parts.path or "/", parts.query, ""))
    return Address(plain, parts.scheme, host, port or {"http": 80, "https": 443}[parts.scheme])


def _refuse_local(host: str) -> None:
    labels = host.split(".")
    if any(host == name or host.endswith(f".{name}") for name in _LOCAL_NAMES) or (
        len(labels) == 1 and ":" not in host
    ):
        raise AddressRefused(f"{host} is a name of the local network, which no tool talks to.")
    if ":" in host or all(_NUMBER.fullmatch(label) for label in labels if label):
        refuse_private((_literal(host),))
    elif _NUMBER.fullmatch(labels[-1]):
        raise AddressRefused(f"{host} is no name of the public web.")


def _literal(host: str) -> str:
    """Give an address in its usual form; others (`0x7f.1`, `2130706433`, `0177.0.0.1`) are refused, as nobody needs."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError as error:
        raise AddressRefused(f"{host} is a number in an unusual form: no tool talks to such an address.") from error


def refuse_private(addresses: Sequence[str]) -> None:
    """Raise AddressRefused when there is no address, or one that is not public."""
    if not addresses:
        raise AddressRefused("The name leads to no address.")
    for text in addresses:
        if not is_public(text):
            raise AddressRefused("The name leads into this machine's or a local network, which no tool talks to.")


def is_public(text: str) -> bool:
    """Tell whether an IP address is one of the public network."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
    if any(address in network for network in _BLOCKED if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
