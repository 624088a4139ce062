"""The params.yaml of a build of one's own: one template, checked like every params.yaml before it is written."""

import json
import re
from pathlib import Path
from typing import Any

from xlforge.base.errors import BuildError
from xlforge.config import dag
from xlforge.config.params import PARAMS, Config, parse, staged
from xlforge.initial.choices import Block, newest

POCKET = Path("conf/pocket.yaml")
"""The params.yaml that ships, which a test holds equal to this copy."""
_TEMPLATE = Path(__file__).with_name("params.yaml.jinja2")
_PLAIN = re.compile(r"(?!(?:true|false|null|yes|no|on|off|y|n)\Z)[A-Za-z][A-Za-z0-9_./-]*", re.IGNORECASE)
"""A text that every version of YAML reads as text without quotes."""
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff]")


def written(blocks: Block, execution: Block) -> str:
    """The text of params.yaml. blocks: see `Choices.blocks`."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    environment.filters["yaml"] = flow
    versions = {stage: newest(stage) for stage in staged()}
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    return template.render(blocks, versions=versions, execution=execution)


def checked(text: str) -> Config:
    """Raises BuildError where a text cannot be params.yaml; it names each fault."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        raw = YAML(typ="safe").load(text)
    except (YAMLError, ValueError) as error:
        raise BuildError(f"a name cannot be written as YAML: {error}") from error
    config = parse(raw)
    if faults := dag.unset(raw):
        raise BuildError("\n  ".join([f"{PARAMS}:", *faults]))
    return config


def flow(value: Any) -> str:
    """A value as YAML in one line. Other texts than plain words are quoted as JSON quotes them: none is read as another type."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
