"""How questions and answers of a source are cleaned, and reasons to reject them; passages are treated as in v1.

A question and an answer are no web page, so lines, indentation and links stay. Tags and entities stay too where the row is about code or
markup, or where their loss would change the meaning. The language of all texts is judged together: "42" and "Oslo" are in none, and can
be answers.
"""

from __future__ import annotations

from collections import Counter
from functools import cache

import polars as pl

from pipelines.seeds.v1.cleaning import cleaned, with_entities_read, without_markup, without_unseen_characters
from pipelines.seeds.v1.english import english
from pipelines.seeds.v1.judging import _UNDECIDED, _by_form, _rejected
from pipelines.seeds.v1.overlap import Prompts
from pipelines.seeds.v1.shingles import Words
from pipelines.seeds.v2.schema import GIVEN, Params
from xlforge.checks.language import share

_MARKUP = r"(?i)</[a-z]|<(?:br|hr|img|p)\b|&(?:[a-z]{2,8}|#\w{1,7});"
_KEPT = (
    r"(?im)`|~~~|^\s*\||</?(?:code|pre|script|style|su[bp]|!doctype|\?)|\b(?:html|xml|svg|css|php|jsx|javascript|markdown|markup|tags?|escap\w*"
    r"|entit(?:y|ies)|web ?(?:page|site)s?|elements?|code|coding|script|program|snippet|template|function|regex)\b"
)
"""Signs of code, of Markdown's tables, of exponents, and of a task about markup: tags and entities are part of the text."""
_JOINED = r"([\p{Extended_Pictographic}\x{fe0f}\x{1f3fb}-\x{1f3ff}])\x{200d}"
_JOINER = "\ufdd0"
_MIN_JUDGED = 40
"""Characters of an answer whose language is judged by itself: a name or a word is in many languages."""
_PLAIN_BLANK = r"[\x{a0}\x{1680}\x{2000}-\x{200a}\x{202f}\x{205f}\x{3000}]"


def judged(rows: pl.DataFrame, params: Params, prompts: Prompts | None) -> tuple[pl.DataFrame, Counter[str]]:
    """The rows with passage, chars, english, reason and detail, and how many texts each rule of cleaning changed.

    Args:
        rows: with the columns `original`, `fault`, `instruction`, `response` and `is_answer` (whether the answer is the passage).
        params: of the stage.
        prompts: those that no row may give away.

    Returns:
        The rows, whose reason is null where the row passes, and the counts by rule.
    """
    rows, touched = with_given_cleaned(rows)
    readable = pl.col("fault").is_null() & ~pl.col("is_answer")
    clean, more = cleaned(rows.select(pl.when(readable).then("original").otherwise(pl.lit(""))).to_series())
    passage = pl.when("is_answer").then(pl.col("response").fill_null("")).otherwise("passage")
    rows = rows.hstack(clean).with_columns(passage=passage)
    rows = _by_length(rows.with_columns(chars=pl.col("passage").str.len_chars().cast(pl.Int64)), params)
    rows = _by_language(rows, params.min_english)
    return (_by_prompts(rows, prompts) if prompts else rows), touched + Counter(more)


def with_given_cleaned(rows: pl.DataFrame) -> tuple[pl.DataFrame, Counter[str]]:
    """Questions and answers without what no reader sees; null where nothing is left. And how many texts each rule changed."""
    touched: Counter[str] = Counter()
    kept = rows.select(pl.concat_str(GIVEN, separator="\n", ignore_nulls=True).str.contains(_KEPT)).to_series()
    for name in GIVEN:
        text = rows[name]
        web = text.str.contains(_MARKUP).fill_null(False) & ~kept
        for rule in (without_markup, with_entities_read, without_unseen, with_trimmed_lines):
            after = rule(text)
            if rule in (without_markup, with_entities_read):
                after = text.zip_with(~web, after)
            touched[rule.__name__] += int((after != text).sum())
            text = after
        rows = rows.with_columns(pl.when(text != "").then(text).alias(name))
    return rows, touched


def without_unseen(text: pl.Series) -> pl.Series:
    """As for passages, but emoji that are joined into one stay so."""
    return without_unseen_characters(text.str.replace_all(_JOINED, "${1}" + _JOINER)).str.replace_all(_JOINER, "\u200d")


def with_trimmed_lines(text: pl.Series) -> pl.Series:
    """Without spaces at the ends of lines, and with at most two empty lines; indentation stays."""
    return (
        text.str.replace_all(_PLAIN_BLANK, " ")
        .str.replace_all(r"[ \t]+\n", "\n")
        .str.replace_all(r"\n{4,}", "\n\n\n")
        .str.strip_chars()
    )


def _by_length(rows: pl.DataFrame, params: Params) -> pl.DataFrame:
    """As in v1; but nothing is generated from the passage of a whole pair, so that it may be short, and no given text may be too long."""
    rows = _by_form(rows, params)
    allowed = (pl.col("reason") == "too_short") & pl.all_horizontal(pl.col(GIVEN).is_not_null())
    reason = pl.when(~allowed.fill_null(False)).then("reason")
    rows = rows.with_columns(reason=reason, detail=pl.when(allowed).then(pl.lit("")).otherwise("detail"))
    for name in GIVEN:
        chars = pl.col(name).str.len_chars()
        detail = pl.format(f"the {name} has {{}} characters, at most {params.max_chars} allowed", chars)
        rows = _rejected(rows, "too_long", chars > params.max_chars, detail)
    return rows


def _by_language(rows: pl.DataFrame, min_english: float) -> pl.DataFrame:
    """All texts of a row together; an answer also by itself. A row with an answer is rejected only where another language is clear."""
    undecided = rows.filter(_UNDECIDED)
    answer = pl.when(~pl.col("is_answer")).then("response")
    whole = pl.concat_str("instruction", "passage", answer, separator="\n", ignore_nulls=True)
    shares, languages = english(undecided.select(whole).to_series().to_list())
    found = {"english": pl.Series(shares, dtype=pl.Float64), "language": pl.Series(languages, dtype=pl.String)}
    found["other"] = _other(undecided["response"], min_english)
    rows = rows.join(undecided.select("id", **found), on="id", how="left", maintain_order="left")
    rows = rows.with_columns(pl.col("english").fill_null(0.0))
    own, unclear = pl.col("english"), pl.col("language") == ""
    likely = pl.when(unclear).then(pl.lit("no language is clear")).otherwise(pl.format("most seems {}", "language"))
    detail = pl.format(f"{{}} of it is English, at least {min_english} wanted; {{}}", own, likely)
    rows = _rejected(rows, "not_english", (own < min_english) & ~(unclear & pl.col("response").is_not_null()), detail)
    return _rejected(rows, "not_english", pl.col("other") != "", pl.format("the response seems {}", "other"))


def _other(answers: pl.Series, min_english: float) -> pl.Series:
    """The language of each answer that is clearly not English, else "". What seems so at first is judged again without its code."""
    texts = [text if len(text) >= _MIN_JUDGED else "" for text in answers.fill_null("")]
    clear = zip(texts, *english(texts), strict=True)
    found = [
        language if language and own < min_english and share(text, "en") < min_english else ""
        for text, own, language in clear
    ]
    return pl.Series(found, dtype=pl.String)


def _by_prompts(rows: pl.DataFrame, prompts: Prompts) -> pl.DataFrame:
    """Each text by itself; a question also counts where it is a prompt of any length, word for word."""
    for name in ("passage", *GIVEN):
        same = pl.col("is_answer") if name == "response" else pl.lit(False)
        undecided = rows.filter(_UNDECIDED & pl.col(name).is_not_null() & ~same)
        found = prompts.given_away(Words(undecided[name]))
        if name == "instruction":
            found |= _same(undecided[name], prompts)
        overlap = pl.Series([f"the {name}: " * (name in GIVEN) + detail for detail in found.values()], dtype=pl.String)
        overlaps = pl.DataFrame({"id": undecided["id"].gather(list(found)), "overlap": overlap})
        rows = rows.join(overlaps, on="id", how="left", maintain_order="left")
        rows = _rejected(rows, "overlaps_prompt", pl.col("overlap").is_not_null(), pl.col("overlap")).drop("overlap")
    return rows


def _same(questions: pl.Series, prompts: Prompts) -> dict[int, str]:
    """Number of a question → the prompt that has the same words."""
    labels = _by_words(prompts)
    return {
        number: f"prompt {labels[words]}, word for word"
        for number, words in enumerate(words_of(questions))
        if words in labels
    }


@cache
def _by_words(prompts: Prompts) -> dict[str, str]:
    texts = words_of(pl.Series(prompts.texts, dtype=pl.String))
    return {
        words: f"{label}: {text[:80]!r}"
        for words, label, text in zip(texts, prompts.labels, prompts.texts, strict=True)
        if words
    }


def words_of(texts: pl.Series) -> pl.Series:
    """The words of texts, in lower case, without punctuation and markup."""
    return texts.str.to_lowercase().str.extract_all(r"[\p{L}\p{N}]+").list.join(" ")
