"""Secrets must not leave with a build: values of this environment's secret variables, and whatever looks like a well-known key."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from xlforge.base.errors import BuildError

KEYS = {
    "a Hugging Face token": r"hf_[A-Za-z0-9]{30,}",
    "an OpenAI or Anthropic key": r"sk-[A-Za-z0-9_-]{20,}",
    "an AWS access key": r"(?:AKIA|ASIA)[0-9A-Z]{16}",
    "a Google key": r"AIza[0-9A-Za-z_-]{35}",
    "a GitHub token": r"gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,}",
    "a GitLab token": r"glpat-[A-Za-z0-9_-]{20,}",
    "a Slack token": r"xox[abprs]-[A-Za-z0-9-]{10,}",
    "a Stripe key": r"[rs]k_live_[A-Za-z0-9]{20,}",
    "an npm token": r"npm_[A-Za-z0-9]{36}",
    "a PyPI token": r"pypi-AgEI[A-Za-z0-9_-]{20,}",
    "a SendGrid key": r"SG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}",
    "a JSON web token": r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY",
    "a password in an address": r"[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@",
}
_KEYS = re.compile(
    "|".join(f"(?P<k{number}>(?<![A-Za-z0-9]){pattern})" for number, pattern in enumerate(KEYS.values()))
)
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|_KEY|_PAT$|^XLFORGE_(?:STORE|API_KEY)", re.IGNORECASE)
_LEAST = 8
"""Shorter values are words like `none`; nobody's secret is that short."""


def known(environment: Mapping[str, str], dotenv: Path, token: str | None) -> dict[str, str]:
    """Secret values by what they are: variables with a telling name, here and in .env, and the Hub token in use."""
    declared = {name: value or "" for name, value in dotenv_values(dotenv).items()} if dotenv.exists() else {}
    found = {
        name: value
        for name, value in {**declared, **environment}.items()
        if _SECRET.search(name) and len(value) >= _LEAST and not os.path.exists(value)
    }
    return found | ({"the Hub token": token} if token else {})


def known_here() -> dict[str, str]:
    """`known` of this process and checkout."""
    from huggingface_hub import get_token

    from xlforge.base.project import home

    return known(os.environ, home() / ".env", get_token())


def found_in(text: str, secrets: Mapping[str, str]) -> str | None:
    """What secret a text holds, in words without the secret itself; None for none."""
    for name, value in secrets.items():
        if value in text:
            return f"the value of {name}"
    match = _KEYS.search(text)
    return list(KEYS)[int(str(match.lastgroup)[1:])] if match else None


def refuse(texts: Iterable[tuple[str, str]], secrets: Mapping[str, str]) -> None:
    """texts: (where, text). BuildError that names every place, and shows no secret."""
    places = [f"{where} holds {what}" for where, text in texts if (what := found_in(text, secrets))]
    if places:
        more = f"; and {len(places) - 10} more" if len(places) > 10 else ""
        raise BuildError(
            f"secrets would be published: {'; '.join(places[:10])}{more}. Take them out of what the build reads (a seed, a prompt, "
            "params.yaml), build again, and replace every key that was real"
        )


def strings(value: Any) -> Iterator[str]:
    """Every string inside nested lists and mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from strings(inner)
