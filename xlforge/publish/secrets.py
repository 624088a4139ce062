"""Secrets must not be published: values of secret variables of this environment, in any spelling, and strings like a well-known key.

detect-secrets knows the shapes of keys. Its detectors of high entropy, keywords, addresses and assignments are left out: in prose in many
languages they find words, or take milliseconds a text. It lacks the shapes of `_MORE`.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from xlforge.base.errors import BuildError
from xlforge.base.redact import Secrets, secret_variables

_KINDS = (
    *("AWS Access Key", "Azure Storage Account access key", "Discord Bot Token", "GitHub Token", "GitLab Token"),
    *("JSON Web Token", "Private Key", "PyPI Token", "SendGrid API Key", "Slack Token", "Square OAuth Secret"),
    *("Stripe Access Key", "Telegram Bot Token", "Twilio API Key"),
)
_MORE = {
    "Hugging Face Token": r"hf_[A-Za-z0-9]{30,}",
    "OpenAI or Anthropic Key": r"sk-[A-Za-z0-9_-]{20,}",
    "Google Key": r"AIza[0-9A-Za-z_-]{35}",
    "Fine-grained GitHub Token": r"github_pat_[A-Za-z0-9_]{22,}",
    "npm Token": r"npm_[A-Za-z0-9]{36}",
    "Password in a URL": r"[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/@]+@",
}
_MIN_LENGTH = 8
"""Shorter values are words like `none`, and not secrets."""


def known(environment: Mapping[str, str], dotenv: Path, token: str | None) -> dict[str, str]:
    """Secret values by name: variables with a name like API_TOKEN, from the environment and .env, and the Hub's token."""
    declared = {name: value or "" for name, value in dotenv_values(dotenv).items()} if dotenv.exists() else {}
    found = secret_variables({**declared, **environment})
    found = {name: value for name, value in found.items() if len(value) >= _MIN_LENGTH}
    return found | ({"the Hub token": token} if token else {})


def known_here() -> dict[str, str]:
    """`known` of this process and checkout."""
    from huggingface_hub import get_token

    from xlforge.base.project import home

    return known(os.environ, home() / ".env", get_token())


@cache
def detectors() -> list[Any]:
    """The detectors of keys, which are detect-secrets' RegexBasedDetector."""
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.plugins.base import RegexBasedDetector

    kinds: dict[str, Any] = get_mapping_from_secret_type_to_class()
    more = [
        type(kind, (RegexBasedDetector,), {"secret_type": kind, "denylist": [re.compile(f"(?<![A-Za-z0-9]){shape}")]})
        for kind, shape in _MORE.items()
    ]
    return [detector() for detector in (*(kinds[kind] for kind in _KINDS), *more)]


def found_in(text: str, secrets: Mapping[str, str]) -> str | None:
    """The kind of the first secret in a text, without the secret itself; None without one."""
    if _finder(tuple(secrets.values())).found(text):
        named = next((name for name, value in secrets.items() if _finder((value,)).found(text)), "a secret variable")
        return f"the value of {named}"
    return next((str(one.secret_type) for one in detectors() if any(True for _ in one.analyze_string(text))), None)


@cache
def _finder(values: tuple[str, ...]) -> Secrets:
    return Secrets(values)


def refuse(texts: Iterable[tuple[str, str]], secrets: Mapping[str, str]) -> None:
    """BuildError that names every place with a secret, and shows none. texts: (place, text)."""
    places = [f"{place} holds {kind}" for place, text in texts if (kind := found_in(text, secrets))]
    if places:
        more = f"; and {len(places) - 10} more" if len(places) > 10 else ""
        raise BuildError(
            f"secrets would be published: {'; '.join(places[:10])}{more}. Remove them from what the build reads (a seed, a prompt, "
            "params.yaml), build again, and replace every key that was real"
        )


def strings(value: Any) -> Iterator[str]:
    """Every string inside nested lists and mappings."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from strings(inner)
