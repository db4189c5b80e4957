"""Secrets stay on this machine: what is replaced, what stays, and that what was replaced comes back."""

from __future__ import annotations

import hashlib
import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from context.redact import Placeholders, Restorer, redact, restore


def some(length: int, alphabet: str = "a1B2c3D4e5F6g7H8j9K0mNpQrStUvWxYz") -> str:
    """Give characters without meaning: the keys below are put together here, so that none stands in this file."""
    digests = (hashlib.sha512(f"{alphabet}{count}".encode()).digest() for count in itertools.count())
    return "".join(
        alphabet[byte % len(alphabet)] for byte in itertools.islice(itertools.chain.from_iterable(digests), length)
    )


HEX, LOWER, UPPER = "0123456789abcdef", "abcdefghijkmnp23456789", "ABCDEFGHIJKMNP23456789"
BODY = "\n".join([some(64)] * 4 + [some(20) + "=="])
PRIVATE = "-----{} {}PRIVATE KEY-----"
BEGIN, END = PRIVATE.format("BEGIN", ""), PRIVATE.format("END", "")
JWT = f"eyJ{some(20)}.eyJ{some(40)}.{some(43)}"

# Kind, what stands before, the secret, what stands behind.
SECRETS: list[tuple[str, str, str, str]] = [
    ("private-key", BEGIN, f"\n{BODY}\n", f"{END}\n"),
    ("private-key", PRIVATE.format("BEGIN", "RSA "), f"\r\n{BODY}\r\n", PRIVATE.format("END", "RSA ")),
    ("private-key", BEGIN, f"\nProc-Type: 4,ENCRYPTED\n\n{BODY}\n", END),
    ("private-key", f'key = "{BEGIN}', f"\\n{some(64)}\\n{some(60)}\\n", f'{END}"'),
    ("private-key", f"{PRIVATE.format('BEGIN', 'OPENSSH ')}", f"\n{some(70)}\n{some(31)}", ""),
    ("private-key", "", f"{some(64)}\n{some(64)}\n{some(9)}=\n", f"{END}\n"),
    ("age-key", "# ", "AGE-SECRET-KEY-1" + some(58, UPPER), "\n"),
    ("aws-access-key", "id = ", "AKIA" + some(16, UPPER), "\n"),
    ("aws-access-key", "id = '", "ASIA" + some(16, UPPER), "'"),
    ("github-token", "x = ", "ghp_" + some(36), ""),
    ("github-token", "(", "ghs_" + some(36), ")"),
    ("github-token", "x: ", "github_pat_" + some(82), "\n"),
    ("gitlab-token", '"', "glpat-" + some(20), '"'),
    ("gitlab-token", "", "glrt-" + some(26), ""),
    ("slack-token", "x=", "xoxb-" + some(12, "0123456789") + "-" + some(24), ""),
    ("slack-token", "x=", "xapp-1-" + some(40), ""),
    ("slack-webhook", "https://hooks.slack.com/services/", f"T{some(8)}/B{some(8)}/{some(24)}", "\n"),
    ("google-api-key", "key=", "AIza" + some(35), "&x=1"),
    ("google-token", "", "ya29." + some(60), " "),
    ("google-secret", "'", "GOCSPX-" + some(28), "'"),
    ("stripe-key", "stripe(", "sk_live_" + some(24), ")"),
    ("stripe-key", "", "rk_test_" + some(24), ""),
    ("stripe-key", "", "whsec_" + some(32), ""),
    ("model-key", "export K=", "sk-" + some(48), "\n"),
    ("model-key", "", "sk-proj-" + some(60) + "_" + some(20), ""),
    ("model-key", "", "sk-ant-api03-" + some(90), ""),
    ("model-key", "", "gsk_" + some(52), ""),
    ("model-key", "", "hf_" + some(34), ""),
    ("npm-token", "//registry/:_auth=", "npm_" + some(36), ""),
    ("pypi-token", "", "pypi-" + some(120), ""),
    ("docker-token", "", "dckr_pat_" + some(27), ""),
    ("vault-token", "", "hvs." + some(90), ""),
    ("sendgrid-key", "", f"SG.{some(22)}.{some(43)}", ""),
    ("digitalocean-token", "", "dop_v1_" + some(64, HEX), ""),
    ("shopify-token", "", "shpat_" + some(32, HEX), ""),
    ("databricks-token", "", "dapi" + some(32, HEX), ""),
    ("telegram-token", "bot", f" {some(9, '123456789')}:AA{some(33)}"[1:], ""),
    ("linear-key", "", "lin_api_" + some(40), ""),
    ("grafana-token", "", "glsa_" + some(41), ""),
    ("jwt", "cookie: ", JWT, ";"),
    ("storage-key", "AccountName=x;AccountKey=", some(86) + "==", ";"),
    ("authorization", "Authorization: Bearer ", some(40), "\r\n"),
    ("authorization", '-H "authorization: basic ', some(24) + "==", '"'),
    ("url-password", "postgres://app:", "hunter2", "@db:5432/x"),
    ("url-password", "redis://:", some(12), "@cache/0"),
    ("url-password", 'f("amqp://me:', "s3cr3t", '@q")'),
    ("password", 'password = "', "hunter2secret", '"'),
    ("password", "PASSWORD='", "Tr0ub4dor&3x", "'"),
    ("password", '{"client_secret": "', some(24), '"}'),
    ("password", 'api_key: str = "', some(32, HEX), '"'),
    ("password", "apiKey: `", some(20), "`"),
    ("password", 'os.environ["DB_PASSWORD"] = "', "pa55-w0rd-x9y8", '"'),
    ("password", 'secret := "', some(30), '"'),
    ("password", "'auth_key' => '", some(30), "'"),
    ("password", "aws_secret_access_key = ", some(40), "\n"),
    ("password", "DB_PASSWORD=", some(16), "\nx=1"),
    ("password", "  token: ", some(24), "\n"),
    ("password", "export SIGNING_KEY_V2=", some(32), ""),
    ("password", 'if password == "', "hunter2secret", '":'),
    ("password", 'connect(token="', some(20), '")'),
]

PLAIN = [
    "",
    "x = 1",
    "def password_of(user): return user.password",
    "password = input('Password: ')",
    'password = "password"',
    'PASSWORD_FIELD = "user_password_2"',
    'token = "<your-token>"',
    'api_key = "your-api-key-here-123"',
    'api_key = os.environ["WORK_API_KEY_2"]',
    'API_KEY_ENV = "WORK_KEY_A1B2C3D4E5"',
    'password: str = ""',
    'secret = "${{ secrets.DEPLOY_KEY_1 }}"',
    "password: ${DB_PASSWORD_V2}",
    "token = self.tokens[index].value",
    "token = next_token_or_none(stream)",
    'token_type = "urn:ietf:params:oauth:v2"',
    'token_url = "https://example.com/oauth2/v1/token"',
    'password_hash = "pbkdf2$' + some(40) + '"',
    'tokenizer = "smol-tokenizer-v2.1b4"',
    'secret_name = "prod/db-4f2a/main"',
    "passwordless = true",
    'header = "Authorization: Bearer <token>"',
    "Bearer authentication-scheme",
    "basic understanding of the problem",
    f"commit {some(40, HEX)}",
    f'"integrity": "sha512-{some(86)}=="',
    f'sha256 = "{some(64, HEX)}"',
    f"checksum: {some(64, HEX)}",
    'id = "550e8400-e29b-41d4-a716-446655440000"',
    f'data = "{some(60)}"',
    f"![x](data:image/png;base64,{some(200)})",
    f"index {some(7, HEX)}..{some(7, HEX)} 100644",
    "https://example.com:8080/a@b",
    "https://user@example.com/x",
    "postgres://user:password@localhost/db",
    "postgres://${USER}:${PASSWORD}@host/db",
    "git@github.com:owner/name.git",
    "sk-fading-circle sk-three-bounce sk-cube-grid-with-a-long-name",
    "risk-assessment-of-the-whole-organisation-2024",
    "task-proj-1234567890123456789012",
    f"AKIA{some(8, UPPER)}",
    "AIzaLookalike",
    "ghp_short",
    "eyJhbGciOi.is-cut",
    f"if '{BEGIN}' in text and '{END}' in text:",
    "-----BEGIN PUBLIC KEY-----\n" + BODY + "\n-----END PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----\n" + BODY + "\n-----END CERTIFICATE-----",
    'EXAMPLE_TOKEN = "aaaaaaaaaaaa1111"',
    'tokens = ["if", "else", "while"]',
    "max_tokens = 160",
    'credential_type: "authorized_user_v2"',
    'pwd = "/home/ann/projects/site"',
    "The password is checked before the token is renewed.",
]


@pytest.mark.parametrize(("kind", "before", "secret", "behind"), SECRETS)
def test_a_secret_is_replaced_and_nothing_around_it(kind: str, before: str, secret: str, behind: str) -> None:
    """The model still sees what is done with it; what comes home is whole again."""
    redacted = redact(before + secret + behind, placeholders=Placeholders())
    assert redacted.text == f"{before}«secret:{kind}:1»{behind}"
    assert redacted.counts == {kind: 1}
    assert restore(redacted.text, redacted) == before + secret + behind


@pytest.mark.parametrize("text", PLAIN)
def test_ordinary_code_stays_as_it_is(text: str) -> None:
    """Hashes, UUIDs, commits, names, templates, examples, public keys: a prompt full of holes is of no use."""
    redacted = redact(text)
    assert (redacted.text, redacted.findings) == (text, ())


def test_the_tables_are_worth_their_name() -> None:
    """Forty of each at least."""
    assert min(len(SECRETS), len(PLAIN)) >= 40


def test_the_same_secret_has_the_same_placeholder_everywhere() -> None:
    """So that a model can tell two secrets apart, in one text and from text to text."""
    placeholders, one, two = Placeholders(), "ghp_" + some(36), "ghp_" + some(36, UPPER)
    assert redact(f"{one} {two} {one}", placeholders=placeholders).text == (
        "«secret:github-token:1» «secret:github-token:2» «secret:github-token:1»"
    )
    assert redact(two, placeholders=placeholders).text == "«secret:github-token:2»"
    assert redact(one).text == redact(one).text


def test_our_own_keys_are_known_by_value() -> None:
    """Whatever they look like and wherever they stand; a value too short to be a key is a word."""
    known = {"WORK_API_KEY": "plain old words", "SHORT": "code", "EMPTY": ""}
    redacted = redact("# plain old words code", known, Placeholders())
    assert redacted.text == "# «secret:work-api-key:1» code"


def test_a_secret_never_shows_in_a_repr() -> None:
    """Findings end up in logs."""
    secret = "ghp_" + some(36)
    assert secret not in repr(redact(f"x {secret}"))


_TEXT = st.text() | st.lists(
    st.sampled_from(
        [*(secret for _, _, secret, _ in SECRETS), *PLAIN, "«", "»", "«secret:jwt:1»", "«secret:", "\n", " "]
    )
).map("".join)


@given(_TEXT)
@example("«secret:placeholder:1» «secret:jwt:1»")
@example(f"«secret:github-token:1» ghp_{some(36)}")
def test_what_was_replaced_comes_back_exactly(text: str) -> None:
    """Also from a text that holds placeholders itself; without a finding not a character changes."""
    redacted = redact(text, placeholders=Placeholders())
    assert restore(redacted.text, redacted) == text
    assert redacted.findings or redacted.text == text
    assert len(redacted.text) <= len(text) + 64 * len(redacted.findings)


@given(_TEXT, st.lists(st.integers(min_value=0, max_value=400)))
def test_placeholders_come_back_wherever_the_stream_is_cut(text: str, cuts: list[int]) -> None:
    """A placeholder may come in any number of pieces, and nothing is held back for good."""
    redacted = redact(text, placeholders=Placeholders())
    restorer = Restorer(redacted.findings)
    ends = sorted({min(cut, len(redacted.text)) for cut in cuts} | {len(redacted.text)})
    pieces = [redacted.text[start:end] for start, end in itertools.pairwise([0, *ends])]
    assert "".join([*map(restorer.feed, pieces), restorer.end()]) == text


def test_only_the_beginning_of_a_placeholder_is_held_back() -> None:
    """Ordinary text streams on, quotation marks of the same kind included."""
    redacted = redact("x ghp_" + some(36), placeholders=Placeholders())
    restorer = Restorer(redacted.findings)
    assert restorer.feed("said «yes") == "said «yes"
    assert restorer.feed("» and «secret:git") == "» and "
    assert restorer.feed("hub») ") == "«secret:github») "
    assert restorer.feed("«secret:github-token:1»!") == f"ghp_{some(36)}!"
    assert restorer.feed("«sec") == ""
    assert restorer.end() == "«sec"


MEGABYTE = 1_000_000
HOSTILE = [
    "a", "A1", "eyJ", "eyJa.", "eyJaaaaaaaaaaa.", "sk-ant-", "ghp_a", "-----BEGIN PRIVATE KEY-----", "-", "=", " ",
    "AAAAAAAAAAAAAAAAAAAAAAAA\n", "password", 'password="', "password: ", "token.", "http://a:", "a://", "bearer ",
    "«secret:", "«secret:jwt:1»", "xoxb-", "key_", "secret = a1", "\n", "https://hooks.slack.com/services/",
]  # fmt: skip


@pytest.mark.parametrize("part", HOSTILE)
def test_a_megabyte_of_anything_takes_no_longer_than_its_length(part: str) -> None:
    """What would take a pattern that tries everything again at every character hours."""
    text = part * (MEGABYTE // len(part))
    for ending in ("", f"\n{END}", '"'):
        assert restore((redacted := redact(text + ending, placeholders=Placeholders())).text, redacted) == text + ending
