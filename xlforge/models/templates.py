"""Chat templates made to give the same text on every day, and no thinking block in an answer.

What is fixed is written into the template itself, so it is the same in training, in process, and where an adapter is delivered.
"""

import sys
from collections.abc import Callable

_CLOCK = "strftime_now"
_DATE = {"%d": "26", "%e": "26", "%m": "07", "%b": "Jul", "%B": "July", "%Y": "2024", "%y": "24", "%a": "Fri"}
_DATE |= {"%A": "Friday", "%H": "12", "%I": "12", "%M": "00", "%S": "00", "%p": "PM", "%j": "208", "%Z": "UTC"}
_DATE |= {"%z": "+0000", "%F": "2024-07-26", "%T": "12:00:00", "%D": "07/26/24", "%x": "07/26/24", "%X": "12:00:00"}
"""Directives of strftime for one fixed moment, the date that Llama 3's template takes where there is no clock."""
_SWITCHES = ("enable_thinking", "thinking")
"""Variables by which public templates turn thinking off."""


def with_fixed_date(template: str, name: str) -> str:
    """The template of a model, reading a fixed date where it would read the clock; reported on stderr.

    Args:
        template: Jinja.
        name: of the model, for the report.
    """
    if _CLOCK not in template or f"macro {_CLOCK}" in template:
        return template
    print(f"{name}: its chat template reads the clock; it gets 26 July 2024, 12:00", file=sys.stderr, flush=True)
    replaced = "".join(f"|replace('{directive}', '{value}')" for directive, value in _DATE.items())
    return f"{{%- macro {_CLOCK}(format) -%}}{{{{ format{replaced} }}}}{{%- endmacro -%}}{template}"


def without_thinking(template: str, lead: Callable[[str], str], name: str) -> str:
    """The template of a model under which nothing stands between a prompt and its answer that a model would have to write.

    Args:
        template: Jinja.
        lead: gives what stands between prompt and answer under a template.
        name: of the model, for the report.

    Returns:
        The template; or with thinking turned off by the variable that it knows; or as it is, where neither helps.
    """
    if not lead(template).strip():
        return template
    for switch in _SWITCHES:
        off = f"{{%- set {switch} = false -%}}{template}"
        if switch in template and not lead(off).strip():
            print(f"{name}: thinking is off in its chat template ({switch} = false)", file=sys.stderr, flush=True)
            return off
    return template
