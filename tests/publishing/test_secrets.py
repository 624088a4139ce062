"""Planted secrets are found in any text, by value or by shape, and are never shown again."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlforge.base.errors import BuildError
from xlforge.publish.secrets import KEYS, found_in, known, refuse, strings

PLANTED = {
    "a Hugging Face token": "hf_" + "aB3" * 12,
    "an OpenAI or Anthropic key": "sk-proj-" + "aB3_" * 8,
    "an AWS access key": "AKIA" + "Z2" * 8,
    "a Google key": "AIza" + "aB3-_" * 7,
    "a GitHub token": "ghp_" + "aB3" * 12,
    "a GitLab token": "glpat-" + "aB3-" * 6,
    "a Slack token": "xoxb-" + "123456789012",
    "a Stripe key": "sk_live_" + "aB3" * 8,
    "an npm token": "npm_" + "aB3" * 12,
    "a PyPI token": "pypi-AgEI" + "aB3_" * 8,
    "a SendGrid key": "SG." + "aB3_" * 6 + "." + "aB3_" * 8,
    "a JSON web token": "eyJhbGciOiJIUzI1.eyJzdWIiOiIxMjM0.c2lnbmF0dXJl",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----",
    "a password in an address": "postgresql://me:hunter22@db.example.org/store",
}


def test_every_kind_has_its_plant() -> None:
    assert PLANTED.keys() == KEYS.keys()


@pytest.mark.parametrize("kind", KEYS)
def test_a_key_in_a_sentence_is_found_and_named_without_being_shown(kind: str) -> None:
    text = f"Write to us,({PLANTED[kind]}) or call."
    assert found_in(text, {}) == kind
    with pytest.raises(BuildError, match=kind) as error:
        refuse([("row 7", text)], {})
    assert "row 7" in str(error.value) and PLANTED[kind] not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "Das Fest kostet 120 Euro; https://example.org/a:b/c@d und me@example.org.",
        "A task-oriented risk-averse desk-bound whf_xyz clerk.",
        "sha256:916054db6df43d7f296bd43b0f5b8700a1dc594e24f244423cd6b7cbd5dac1a7",
        "Ratio 3:1 @ noon, http://[::1]:8000/x",
    ],
)
def test_ordinary_text_holds_none(text: str) -> None:
    assert found_in(text, {}) is None


def test_values_of_telling_variables_are_secrets_and_those_of_others_are_not(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("XLFORGE_API_KEY=from-the-file-1\nHF_HUB_CACHE=/nowhere/cache\n")
    there = tmp_path / "token-file"
    there.write_text("x")
    environment = {
        "DB_PASSWORD": "correct horse",
        "XLFORGE_CACHE": "postgresql://store/answers",
        "XLFORGE_ENDPOINT": "http://localhost:8000/v1",
        "API_TOKEN": "short",
        "HF_TOKEN_PATH": str(there),
        "LONG_TOKEN": "x" * 5000,
    }
    assert known(environment, tmp_path / ".env", "hf_from_login") == {
        "DB_PASSWORD": "correct horse",
        "XLFORGE_CACHE": "postgresql://store/answers",
        "XLFORGE_API_KEY": "from-the-file-1",
        "LONG_TOKEN": "x" * 5000,
        "the Hub token": "hf_from_login",
    }
    assert found_in("say correct horse aloud", {"DB_PASSWORD": "correct horse"}) == "the value of DB_PASSWORD"


def test_every_string_of_nested_values_is_read() -> None:
    assert list(strings({"a": ["x", {"b": "y"}], "c": 1, "d": None, "e": "z"})) == ["x", "y", "z"]
