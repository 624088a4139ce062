"""Planted secrets are found in any text, by value or by shape, and are never shown again."""

from __future__ import annotations

from pathlib import Path

import pytest

from xlforge.base.errors import BuildError
from xlforge.publish.secrets import detectors, found_in, known, refuse, strings

PLANTED = {
    "Hugging Face Token": "hf_" + "aB3" * 12,
    "OpenAI or Anthropic Key": "sk-proj-" + "aB3_" * 8,
    "AWS Access Key": "AKIA" + "Z2" * 8,
    "Google Key": "AIza" + "aB3-_" * 7,
    "GitHub Token": "ghp_" + "aB3" * 12,
    "Fine-grained GitHub Token": "github_pat_" + "aB3_" * 8,
    "GitLab Token": "glpat-" + "aB3-" * 6,
    "Slack Token": "xoxb-123456789012-123456789012-" + "aB3" * 8,
    "Square OAuth Secret": "sq0csp-" + "aB3-" * 10 + "aB3",
    "Stripe Access Key": "sk_live_" + "aB3" * 8,
    "npm Token": "npm_" + "aB3" * 12,
    "PyPI Token": "pypi-AgEIcHlwaS5vcmc" + "aB3_" * 20,
    "SendGrid API Key": "SG." + "aB3_" * 5 + "aB" + "." + "aB3_" * 10 + "aB3",
    "JSON Web Token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
    "Azure Storage Account access key": "AccountKey=" + "aB3+" * 21 + "aB==",
    "Discord Bot Token": "M" + "aB3-" * 5 + "aB3" + ".aB3_aB." + "aB3_" * 6 + "aB3",
    "Telegram Bot Token": "123456789:" + "aB3_-" * 7,
    "Twilio API Key": "AC" + "a3" * 16,
    "Private Key": "-----BEGIN RSA PRIVATE KEY-----",
    "Password in a URL": "postgresql://me:hunter!22@db.example.org/cache",
}
AT_THE_START = {"Telegram Bot Token"}
"""Detected only where the text begins with it."""


def test_every_kind_has_its_plant() -> None:
    assert {detector.secret_type for detector in detectors()} == PLANTED.keys()


@pytest.mark.parametrize("kind", PLANTED)
def test_a_key_in_a_sentence_is_found_and_named_without_being_shown(kind: str) -> None:
    text = PLANTED[kind] if kind in AT_THE_START else f"Write to us, ({PLANTED[kind]}) or call."
    assert found_in(text, {}) == kind
    with pytest.raises(BuildError, match=kind) as error:
        refuse([("row 7", text)], {})
    assert "row 7" in str(error.value) and PLANTED[kind] not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "Das Fest kostet 120 Euro; https://example.org/a:b/c@d und me@example.org.",
        "A task-oriented risk-averse desk-bound whf_xyz clerk.",
        "EIN GANZ NEUES APFELBAUMKUCHENREZEPT von 192.168.0.1, und Schlüssel: keiner.",
        "sha256:916054db6df43d7f296bd43b0f5b8700a1dc594e24f244423cd6b7cbd5dac1a7",
        "Ratio 3:1 @ noon, http://[::1]:8000/x",
    ],
)
def test_ordinary_text_holds_no_secret(text: str) -> None:
    assert found_in(text, {}) is None


def test_values_of_secret_variables_are_secrets_and_those_of_others_are_not(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("XLFORGE_API_KEY=from-the-file-1\nHF_HUB_CACHE=/nowhere/cache\n")
    there = tmp_path / "token-file"
    there.write_text("x")
    environment = {
        "DB_PASSWORD": "correct horse",
        "XLFORGE_CACHE": "postgresql://me:hunter!22@db/cache",
        "XLFORGE_ENDPOINT": "http://localhost:8000/v1",
        "API_TOKEN": "short",
        "HF_TOKEN_PATH": str(there),
        "LONG_TOKEN": "x" * 5000,
    }
    assert known(environment, tmp_path / ".env", "hf_from_login") == {
        "DB_PASSWORD": "correct horse",
        "XLFORGE_CACHE": "hunter!22",
        "XLFORGE_API_KEY": "from-the-file-1",
        "LONG_TOKEN": "x" * 5000,
        "the Hub token": "hf_from_login",
    }
    for text in ("say correct horse aloud", "correct\n  horse", "Y29ycmVjdCBob3JzZQ==", "correct%20horse"):
        assert found_in(text, {"OTHER_KEY": "x" * 20, "DB_PASSWORD": "correct horse"}) == "the value of DB_PASSWORD"


def test_every_string_of_nested_values_is_read() -> None:
    assert list(strings({"a": ["x", {"b": "y"}], "c": 1, "d": None, "e": "z"})) == ["x", "y", "z"]
