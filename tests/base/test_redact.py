"""Secrets are found in text that others wrote, in every spelling, and ordinary text is left alone."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from xlforge.base.redact import redactor, secret_values

KEY = 'sk/plänted "key"+7f3a'
SPELLINGS = {
    "plain": KEY,
    "percent-encoded": quote(KEY, safe=""),
    "percent-encoded as a path": quote(KEY),
    "percent-encoded in lower case": quote(KEY, safe="").lower(),
    "JSON": json.dumps({"key": KEY}),
    "JSON in UTF-8": json.dumps({"key": KEY}, ensure_ascii=False),
    "base64": base64.b64encode(KEY.encode()).decode(),
    "wrapped": KEY.replace("key", "\n  key"),
    "other blanks": KEY.replace(" ", "\t\t"),
    "cut off": KEY[:14],
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_found_in_every_spelling(spelling: str) -> None:
    text = redactor([KEY])(f"Bearer {spelling} is wrong")
    assert not any(part in text for part in ("pl", "nted", "7f3a", spelling))
    assert text.startswith("Bearer ")
    assert "…" in text


def test_an_address_is_found_and_what_follows_it_stays() -> None:
    secrets = ["http://host:8000/tenant/v1", "host:8000"]
    assert redactor(secrets)("at http://host:8000/tenant/v1/chat, Host: host:8000") == "at …/chat, Host: …"


@pytest.mark.parametrize("secrets", [[], [None, "", "  "], ["another-secret-word"]])
def test_other_text_stays(secrets: list[str | None]) -> None:
    assert redactor(secrets)("The model is not here.") == "The model is not here."


def test_secret_variables_are_known_by_their_name() -> None:
    environment = {"HF_TOKEN": "hf_123456", "MY_API_KEY": "abcdefg", "PASSWORD": "no", "HOME": "/home/somebody"}
    assert secret_values(environment) == ["hf_123456", "abcdefg"]
