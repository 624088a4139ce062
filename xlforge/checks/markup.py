"""What a text has besides prose, and a translation must keep: code, placeholders, tags, addresses, headings, lists, tables."""

import re
from collections import Counter
from dataclasses import dataclass

import regex

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)(`{1,2})(?!`)([^\n`]{1,500})\1(?!`)")
PLACEHOLDER = regex.compile(
    r"""
    \{\{[^{}\n]{1,80}\}\}                                                    # {{ name }}
    |\$\{[^{}\n]{1,80}\}                                                     # ${NAME}
    |(?<![\^_$])(?<!\\[A-Za-z]{1,20}(?:\{[^{}]{0,40}\}){0,2})\{(?:[\w.]{1,60}(?:\[\w{1,30}\])?(?:![rsa])?(?::[\w.,<>=+^%-]{0,20})?)?\}
    |%\(\w{1,60}\)[-+#0]{0,3}\d{0,3}(?:\.\d{1,3})?[a-zA-Z](?![a-zA-Z])         # %(name)d
    |(?<![\d%])%(?:\d{1,2}\$)?[-+#0]{0,3}\d{0,3}(?:\.\d{1,3})?(?:[lh]{0,2}[diufFeEgGxXoscp]|@)(?![a-zA-Z])  # %s, %1$s, %.2f
    |\[\[[^\[\]\n]{1,80}\]\]                                               # [[name]]
    |</?(?!su[bp]\b)[A-Za-z][\w:-]{0,40}(?:\s[^<>\n]{0,200}|/)?>             # <b>, </b>, <name>
    |(?<![\w:/.\](]):[a-z][a-z0-9]{0,30}(?:_[a-z0-9]{1,30}){0,5}(?<=\w\w)(?!\w):?  # :name, :name:
    |(?<![\w$])\$[A-Z_][A-Z0-9_]{2,40}(?!\w)                                 # $NAME
    """,
    regex.VERBOSE,
)
"""What a program fills in or a browser obeys. Braces of formulas are none."""
_READ_ALOUD = re.compile(r"\s(?:title|alt|placeholder|aria-label)=(?:\"[^\"]*\"|'[^']*')")
"""Attributes of tags that are translated."""
_ADDRESS = re.compile(
    r"(?:(?:https?|ftp)://|\bwww\.)[!#-&*-;=?-Z\\^-~]+"
    r"|(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+"
)
_COMMENT = re.compile(r"(?:^|(?<=\s))(?:#|//|--\s).*")
_COUNTED = {
    "headings": re.compile(r"^ {0,3}#{1,6}[ \t]", re.MULTILINE),
    "bullets": re.compile(r"^[ \t]*[-*+•][ \t]+\S", re.MULTILINE),
    "numbered items": re.compile(r"^[ \t]*\d{1,3}[.)][ \t]+\S", re.MULTILINE),
    "table rows": re.compile(r"^[ \t]*\|[^\n]*\|[ \t]*$", re.MULTILINE),
}


@dataclass(frozen=True)
class Markup:
    """A text's markup.

    Args:
        code: blocks without comments, spans, placeholders and tags.
        addresses: of the web and of e-mail.
        counts: headings, bullets, numbered items and rows of tables.
        prose: the text without code, placeholders and addresses.
    """

    code: Counter[str]
    addresses: Counter[str]
    counts: dict[str, int]
    prose: str


def markup(text: str) -> Markup:
    """Read a text's markup."""
    blocks = [_bare(match.group(2)) for match in _FENCE.finditer(text)]
    rest = _FENCE.sub("\n", text)
    spans = [match.group(2).strip() for match in _CODE.finditer(rest)]
    rest = _CODE.sub(" ", rest)
    held = [_READ_ALOUD.sub("", match.group()) for match in PLACEHOLDER.finditer(_ADDRESS.sub(" ", rest))]
    return Markup(
        code=Counter(blocks + spans + held),
        addresses=Counter(match.group().rstrip(".,;:!?*_") for match in _ADDRESS.finditer(rest)),
        counts={name: len(pattern.findall(rest)) for name, pattern in _COUNTED.items()},
        prose=PLACEHOLDER.sub(" ", _ADDRESS.sub(" ", rest)),
    )


def _bare(block: str) -> str:
    """Code without its comments, which may be translated, and without insignificant white space."""
    kept = (_COMMENT.sub("", line).rstrip() for line in block.splitlines())
    return "\n".join(line for line in kept if line)
