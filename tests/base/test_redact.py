"""Secrets are found in text that others wrote, in every spelling, and ordinary text is left alone."""

from __future__ import annotations

import base64
import html
import json
import textwrap
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlforge.base.redact import Secrets, contains_secret, redactor, secret_values

KEY = 'sk/plänted "key"+7f3a'
LONG = "sk-live-Q7r2Xw9Zt4Lm8Vb3Nc6Jd1Hg5Fk0Ps"
SPELLINGS = {
    "plain": KEY,
    "percent-encoded": quote(KEY, safe=""),
    "percent-encoded as a path": quote(KEY),
    "percent-encoded in lower case": quote(KEY, safe="").lower(),
    "percent-encoded twice": quote(quote(KEY, safe=""), safe=""),
    "as a form": quote_plus(KEY),
    "JSON": json.dumps({"key": KEY}),
    "JSON in JSON": json.dumps(json.dumps({"key": KEY})),
    "JSON in UTF-8": json.dumps({"key": KEY}, ensure_ascii=False),
    "HTML": html.escape(KEY),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "base64 after a user": base64.b64encode(f"me:{KEY}".encode()).decode(),
    "base64 for URLs": base64.urlsafe_b64encode(f"u:{KEY}".encode()).decode(),
    "hex": KEY.encode().hex(),
    "wrapped": KEY.replace("key", "\n  key"),
    "wrapped in JSON": json.dumps(KEY.replace("key", "\n  key")),
    "other blanks": KEY.replace(" ", "\t\t"),
    "blanks joined": KEY.replace(" ", ""),
    "spaced": " ".join(KEY),
    "cut off": KEY[:16],
    "cut at the start": KEY[-12:],
    "upper case": KEY.upper(),
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_found_in_every_spelling(spelling: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = redactor([KEY])(f"Bearer {spelling} is wrong")
    assert not any(part in text for part in ("pl", "nted", "7f3a", spelling))
    assert text.startswith("Bearer ")
    assert "…" in text
    monkeypatch.setenv("XLFORGE_API_KEY", KEY)
    assert contains_secret(f"The header was {spelling}, it seems.")


@pytest.mark.parametrize(
    "echo",
    [
        LONG[:20],
        f"{LONG[:12]}…{LONG[-4:]}",
        f"{LONG[:14]}****************{LONG[-10:]}",
        "\n".join(textwrap.wrap(LONG, 10)),
        f"{LONG[:15]}-\n{LONG[15:]}",
        f"{LONG[:18]}\u200b{LONG[18:]}",
        quote("Authorization: Bearer " + LONG),
        json.dumps({"headers": {"Authorization": f"Bearer {LONG}"}})[:60],
    ],
)
def test_no_part_of_a_long_key_is_left(echo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = redactor([LONG])(f"invalid key {echo}")
    assert not any(LONG[start : start + 4] in shown for start in range(3, len(LONG) - 3))
    monkeypatch.setenv("XLFORGE_API_KEY_JUDGE", LONG)
    assert contains_secret(f"As you wrote: {echo}")


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdefghij",
        '{"authorization": "Bearer abcdefghij"}',
        '{\\"Authorization\\": \\"Bearer abcdefghij\\"}',
        "x-api-key=abcdefghij",
        "'api-key': 'abcdefghij'",
    ],
)
def test_a_header_that_holds_a_key_is_found_without_the_key_being_known(text: str) -> None:
    assert "abcdef" not in redactor([])(f"you sent {text}, which is wrong")


def test_an_address_is_found_and_what_follows_it_stays() -> None:
    secrets = ["http://host:8000/tenant/v1", "host:8000"]
    assert redactor(secrets)("at http://host:8000/tenant/v1/chat, Host: host:8000") == "at …/chat, Host: …"
    assert redactor(["http://localhost:8000/v1"])("could not connect to localhost") == "could not connect to localhost"


@pytest.mark.parametrize("secrets", [[], [None, "", "  "], ["another-secret-word"], [LONG]])
def test_other_text_stays(secrets: list[str | None]) -> None:
    for text in ("The model is not here.", "HTTP 401: authorization failed, see the docs", "100 %, C:\\new\\x41, a=b"):
        assert redactor(secrets)(text) == text


def test_secret_variables_are_known_by_their_name() -> None:
    environment = {
        "HF_TOKEN": "hf_123456",
        "MY_API_KEY": "abcdefg",
        "PASSWORD": "no",
        "HOME": "/home/somebody",
        "XLFORGE_CACHE": "postgresql://me:hunter%2122@db/cache",
        "HTTPS_PROXY": "http://proxy:3128",
        "XLFORGE_ENDPOINT": "http://me:Pass-2-word@[broken/v1",
        "XLFORGE_TOKENS_PER_MINUTE": "60_000_000",
        "TOKENIZERS_PARALLELISM": "falsefalse",
    }
    assert secret_values(environment) == ["hf_123456", "abcdefg", "hunter!22", "Pass-2-word"]


@pytest.mark.parametrize("value", ["EMPTY", "password", "12345678", "none-none"])
def test_a_value_that_may_be_a_word_rejects_no_answer(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_API_KEY", value)
    assert not contains_secret(f"The field was {value}, and the answer goes on.")


def test_an_answer_without_a_secret_is_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_API_KEY", LONG)
    for text in (
        "",
        "Write your key as sk-live- and what follows.",
        "Am 3. Mai 1921 kamen 12000 Leute.",
        "\ud800 %zz \\u12",
    ):
        assert not contains_secret(text)


@given(st.text() | st.text(alphabet="%\\u&#;=x0dDfF\n\ud800ßİ "), st.lists(st.text()))
def test_every_text_gives_a_result(text: str, secrets: list[str]) -> None:
    found = Secrets([*secrets, LONG])
    found.redact(text)
    for secret in secrets:
        assert not secret.isalnum() or found.found(f"{text} {secret}")


@given(st.text(alphabet='abcXYZ0189-_/+ "\\%äß漢', min_size=12), st.text(alphabet="abc %\\ne.", max_size=20))
def test_both_ways_to_read_a_text_agree(secret: str, around: str) -> None:
    text = around + json.dumps(secret) + around
    assert Secrets([secret]).found(text) == ("…" in Secrets([secret]).redact(text))
