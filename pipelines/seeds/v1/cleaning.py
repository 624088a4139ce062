"""Removes what the web adds to a text and no reader needs: markup, invisible characters, menus, banners, buttons.

Only what is safe to remove is removed; sentences stay unchanged, noisy or not: the teacher rewrites them.
First come rules for the whole text, then rules for lines (`lines.py`). All work on whole columns.
"""

import html
from collections.abc import Callable

import polars as pl

from pipelines.seeds.v1.lines import BOILERPLATE, LONGEST

_BREAKING_NAMES = (
    "address|article|aside|blockquote|br|dd|div|dl|dt|figure|figcaption|footer|form|h[1-6]|header|hr|li|main|nav|ol|p|pre|section|"
    "table|tbody|td|th|thead|tr|ul"
)
_INLINE_NAMES = (
    "a|abbr|b|big|body|button|center|cite|code|del|em|font|head|html|i|iframe|img|input|ins|kbd|label|link|mark|meta|nobr|noscript|q|s|"
    "small|span|strong|sub|sup|title|tt|u|var|video|wbr"
)
_HIDDEN_BLOCKS = r"(?is)<!--.*?-->|<script\b.*?</script\s*>|<style\b.*?</style\s*>"
_BREAKING = rf"(?i)</?(?:{_BREAKING_NAMES})(?:\s[^<>]*)?/?>"
_INLINE = rf"(?i)</?(?:{_INLINE_NAMES})(?:\s[^<>]*)?/?>"
_ENTITY = r"&(?:[A-Za-z][A-Za-z0-9]{1,30}|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});"
_IMAGE = r"!\[[^\[\]\n]*\]\([^()\s]*(?:\s+\"[^\"\n]*\")?\)"
_LINK = r"\[([^\[\]\n]+)\]\((?:https?:|mailto:|www\.|[/#.])[^()\s]*(?:\s+\"[^\"\n]*\")?\)"
_WIKI_MARK = r"(?i)\[(?:edit|citation needed)\]"
_LINE_END = r"\r\n|[\r\v\f\x{85}\x{2028}\x{2029}]"
_UNSEEN = (
    r"[\x00-\x08\x0e-\x1f\x7f-\x{9f}\x{ad}\x{200b}-\x{200f}\x{202a}-\x{202e}\x{2060}-\x{206f}\x{feff}\x{fff9}-\x{fffd}"
    r"\x{e0000}-\x{e007f}]|\\ud[89a-f][0-9a-f]{2}"  # the last is a lone surrogate, as rows write it
)
_BLANK = r"\t\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}"
_SPACES = rf" *[{_BLANK}][ {_BLANK}]*| {{2,}}"


def cleaned(texts: pl.Series) -> tuple[pl.DataFrame, dict[str, int]]:
    """The passages in the texts, and how many texts each rule changed.

    The frame has, row for row, passage, boilerplate (the share of the letters and digits that went with lines dropped, in
    [0, 1]) and dropped (the names of the rules that dropped them, or null).
    """
    touched = {}
    for rule in TEXT_RULES:
        after = rule(texts)
        touched[rule.__name__] = int((after != texts).sum())
        texts = after
    passages, lost = without_boilerplate(texts)
    for name, count in lost.explode("dropped").group_by("dropped").len().sort("dropped").iter_rows():
        touched[f"dropped_{name}"] = count
    frame = pl.DataFrame({"row": pl.int_range(len(texts), eager=True), "passage": with_plain_spaces(passages)})
    return frame.join(lost, on="row", how="left", maintain_order="left").drop("row").fill_null(0.0), touched


def without_boilerplate(text: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """The texts without the lines that `lines.py` matches; and for those that lost any: row, boilerplate (share lost), dropped."""
    lines = pl.DataFrame({"row": pl.int_range(len(text), eager=True), "line": text.str.split("\n")}).explode("line")
    lines = lines.with_columns(kind=_kinds(lines["line"]))
    losing = lines.filter(pl.col("row").is_in(lines.filter(pl.col("kind").is_not_null())["row"].implode()))
    kept = pl.col("kind").is_null()
    letters = pl.col("line").str.count_matches(r"[\p{L}\p{N}]")
    left = losing.group_by("row", maintain_order=True).agg(
        passage=pl.col("line").filter(kept).str.join("\n"),
        boilerplate=letters.filter(~kept).sum() / pl.max_horizontal(letters.sum(), 1),
        dropped=pl.col("kind").drop_nulls().unique().sort(),
    )
    return text.clone().scatter(left["row"], left["passage"]), left.drop("passage")


def _kinds(lines: pl.Series) -> pl.Series:
    """The name of the rule that drops a line, or null; lines too long for any rule are skipped."""
    short = (lines.str.len_chars() <= LONGEST).arg_true()
    line = pl.col("line").str
    found = {name: pl.all_horizontal(map(line.contains, patterns)) for name, patterns in BOILERPLATE.items()}
    rules = [pl.when(applies).then(pl.lit(name)) for name, applies in found.items()]
    names = pl.DataFrame({"line": lines.gather(short)}).select(pl.coalesce(rules)).to_series()
    return pl.repeat(None, len(lines), dtype=pl.String, eager=True).scatter(short, names)


def without_markup(text: pl.Series) -> pl.Series:
    """Without HTML comments, scripts, styles and tags; a tag that begins a line in a browser does so here. Only HTML's names are tags."""
    visible = text.str.replace_all(_HIDDEN_BLOCKS, " ").str.replace_all(_BREAKING, "\n")
    return visible.str.replace_all(_INLINE, "")


def with_entities_read(text: pl.Series) -> pl.Series:
    """Entities such as `&amp;` as their characters."""
    return _where(text, text.str.contains(_ENTITY), lambda having: having.map_elements(html.unescape, pl.String))


def without_links(text: pl.Series) -> pl.Series:
    """Without Markdown's images, the addresses of its links (their words stay), and a wiki's `[edit]`."""
    return text.str.replace_all(_IMAGE, "").str.replace_all(_LINK, "$1").str.replace_all(_WIKI_MARK, "")


def without_unseen_characters(text: pl.Series) -> pl.Series:
    """Without control, zero-width, direction and broken characters; every kind of line end becomes one; NFC."""
    text = text.str.replace_all(_LINE_END, "\n")
    text = _where(text, text.str.contains(_UNSEEN), lambda having: having.str.replace_all(_UNSEEN, ""))
    return _where(text, text.str.len_bytes() != text.str.len_chars(), lambda wide: wide.str.normalize("NFC"))


def with_plain_spaces(text: pl.Series) -> pl.Series:
    """One space between words, none around lines, at most one empty line."""
    plain = text.str.replace_all(_SPACES, " ").str.replace_all(r" ?\n ?", "\n")
    return plain.str.replace_all(r"\n{3,}", "\n\n").str.strip_chars()


def _where(text: pl.Series, having: pl.Series, rule: Callable[[pl.Series], pl.Series]) -> pl.Series:
    """Applies the rule only to the texts that need it."""
    places = having.arg_true()
    return text.clone().scatter(places, rule(text.gather(places))) if len(places) else text


TEXT_RULES: tuple[Callable[[pl.Series], pl.Series], ...] = (
    without_markup,
    with_entities_read,
    without_links,
    without_unseen_characters,
    with_plain_spaces,
)
