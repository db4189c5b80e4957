"""Proxies and certificates come from the environment; this machine is always asked directly."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from contextlib import aclosing
from pathlib import Path

import pytest

from lsp_server.errors import SettingsError, Unreachable
from lsp_server.models.client import ModelClient
from lsp_server.models.messages import Endpoint, FimRequest, TextDelta
from lsp_server.models.retry import RetryPolicy
from tests.fakes import ModelServer, Rule
from tests.models.faulty import ANSWER

pytestmark = pytest.mark.anyio

HOLE = FimRequest("def add", None, 16)
VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the proxies and certificates of the machine out of these tests."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


async def answer(url: str) -> str:
    """Give the text that the endpoint at this address answers, asked by a client of its own."""
    client = ModelClient(policy=RetryPolicy(tries=1))
    endpoint = Endpoint("work", "openai-compatible", url, "m")
    try:
        async with aclosing(client.stream(HOLE, endpoint, timeout_s=10)) as events:
            return "".join([event.text async for event in events if isinstance(event, TextDelta)])
    finally:
        await client.aclose()


async def test_a_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes elsewhere goes by the proxy of the environment, which gets the whole address."""
    async with ModelServer([Rule(text="by proxy")]) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert await answer("http://models.test/v1") == "by proxy"
        assert proxy.requests[0].path == "http://models.test/v1/completions"


async def test_what_the_proxy_is_not_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """This machine is asked directly whatever the variables say, and so are hosts in NO_PROXY."""
    async with ModelServer([Rule(text="proxy")]) as proxy, ModelServer([Rule(text="direct")]) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        assert await answer(server.v1) == "direct"
        elsewhere = server.v1.replace("127.0.0.1", "0.0.0.0")  # this machine, but not by a name that says so
        assert await answer(elsewhere) == "proxy"
        monkeypatch.setenv("NO_PROXY", "0.0.0.0")
        assert await answer(elsewhere) == "direct"


async def test_a_proxy_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that does not let a request through is named in the sentence."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}")
        with pytest.raises(Unreachable, match=r"the proxy refuses \(407 .*\); check HTTPS_PROXY and NO_PROXY\.$"):
            await answer("https://models.test/v1")


@pytest.mark.parametrize("value", ["carrier-pigeon://x", "http://[::1"])
async def test_a_proxy_that_is_none(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """A variable that holds no address is a fault of the settings."""
    monkeypatch.setenv("HTTPS_PROXY", value)
    with pytest.raises(SettingsError, match="correct HTTPS_PROXY"):
        await answer("https://models.test/v1")


async def test_certificates_that_cannot_be_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A bundle that is not there, or is none, is a fault of the settings."""
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
        await answer("https://models.test/v1")
    (tmp_path / "none.pem").write_text("no certificate")
    with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
        await answer("https://models.test/v1")


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    """Give the files of a key and of a certificate for localhost, signed by itself."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the command openssl to make a certificate")
    key, signed = tmp_path / "key.pem", tmp_path / "certificate.pem"
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(signed)]
    subprocess.run(["openssl", "req", "-x509", *curve, *subject, *files], check=True, capture_output=True)
    return key, signed


async def test_a_certificate_of_one_s_own(monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path]) -> None:
    """A server whose certificate nobody knows is not asked; with its bundle in SSL_CERT_FILE it is."""
    key, signed = certificate
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(signed, key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(ANSWER)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context) as server:
        url = f"https://localhost:{server.sockets[0].getsockname()[1]}/v1"
        with pytest.raises(Unreachable, match="its certificate is not trusted"):
            await answer(url)
        monkeypatch.setenv("SSL_CERT_FILE", str(signed))
        assert await answer(url) == "ok"
