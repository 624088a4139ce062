"""The profile `paper`: flags that the paper settles, and blocks of params.yaml beyond what flags can name."""

from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from ruamel.yaml import YAML

from xlforge.config.overlays import edited
from xlforge.config.yaml12 import read_yaml

PAPER = Path("conf/paper.yaml")
_SEEDS = Path("conf/seeds/hub.yaml")
_FLAGS = ("languages", "judge", "bases")
"""Blocks of the overlay that flags decide."""


def languages() -> tuple[str, ...]:
    """The eight languages of the paper."""
    return tuple(read_yaml(PAPER)["languages"])


def flags() -> dict[str, str]:
    """The flags of `xlforge init`, where the user names no others."""
    paper, source = read_yaml(PAPER), read_yaml(_SEEDS)["seeds"]["source"]
    return {
        "seeds": f"hub:{source['name']}:{source['config']}",
        "languages": "paper",
        "judge": f"openai:{paper['judge']['model']}",
        "reference": f"openai:{paper['models']['reference']['model']}",
        "student": paper["bases"]["base"]["model"],
        "benchmark": "alpacaeval",
    }


def laid_over(text: str) -> str:
    """The text of params.yaml with what the overlay has beyond the flags, as far as there are students and a benchmark."""
    given = YAML(typ="safe").load(text)
    rest: dict[str, Any] = {block: value for block, value in read_yaml(PAPER).items() if block not in _FLAGS}
    rest["models"] = {name: entry for name, entry in rest["models"].items() if "student" in entry}
    for block in () if given["students"] else ("students", "models", "evaluation"):
        del rest[block]
    for block in () if "bestof3" in given["models"] else ("models", "evaluation"):
        rest.pop(block, None)
    wanted: Any = OmegaConf.to_container(OmegaConf.merge(given, rest))
    return edited(text, wanted)
