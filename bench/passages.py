"""Passages for benchmarks: any number, each generated from its number alone, in bounded memory.

About 570 characters on average. Two in a hundred repeat an earlier one except for a word, ten share half of their sentences with others
(similar enough to be compared, and not to be rejected), twenty have the page's markup, and one or two of each kind are what the
stage `seeds` rejects: German, too short, too long, empty, boilerplate, or an evaluation prompt given away.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

Numbers = NDArray[np.uint64]
_AT_ONCE = 20_000
_SENTENCES = 11
_LONG = 8
_POOL = 40
_NOUNS = (
    "river bridge teacher window garden market engine letter island forest kitchen harbour village painter "
    "doctor castle winter summer mountain teapot farmer stone paper spoon railway museum orchard valley "
    "captain lantern baker chapel school festival blanket carpet ladder bottle mirror needle basket pillow "
    "hammer candle"
)
_VERBS = (
    "carries finds keeps paints builds remembers crosses follows sells watches repairs describes opens visits "
    "gathers measures counts lifts hides borrows cleans"
)
_ADJECTIVES = (
    "old quiet narrow bright heavy famous wooden golden small distant broken green early cold gentle curious "
    "modern empty warm plain hidden"
)
_WHEN = (
    "in the morning|after the war|every spring|before dinner|at the end of the year|during the long "
    "winter|near the sea|for many years|behind the church|with great care|under the bridge|without a word"
)
_SYLLABLES = "ba de ki lo mu na re si to vu ga pel ran sol tin zor mar hel dun fek"
_GERMAN = "Der alte Fischer erzählt den Kindern am Abend lange Geschichten über das Meer und die Stürme im Winter. "
_PAGE = "Home | News | Contact\nWe use cookies to improve your visit. Accept all\nShare this page | Print\nBack to top"
_KINDS = (
    ("repeated", 0.02),
    ("sharing", 0.10),
    ("marked_up", 0.20),
    ("german", 0.02),
    ("short", 0.01),
    ("long", 0.01),
    ("empty", 0.01),
    ("page", 0.01),
    ("prompt", 0.01),
)
"""What is not simply good, and its share of all."""


def write(path: Path, count: int, prompts: list[str] | None = None) -> None:
    """A parquet file of `count` passages under `id` and `text`. prompts: what some of them give away."""
    schema = pa.schema([("id", pa.large_string()), ("text", pa.large_string())])
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as file:
        for start in range(0, count, _AT_ONCE):
            numbers = np.arange(start, min(start + _AT_ONCE, count), dtype=np.uint64)
            file.write_table(passages(numbers, prompts or []).to_arrow().cast(schema))


def passages(numbers: Numbers, prompts: list[str]) -> pl.DataFrame:
    """id and text of the passages of these numbers."""
    share = _draw(numbers, 0) / 2**64
    edges = np.cumsum([part for _, part in _KINDS])
    kind = pl.Series([*(name for name, _ in _KINDS), "good"]).gather(np.searchsorted(edges, share, side="right"))
    earlier = _draw(numbers, 1) % np.maximum(numbers, 1)
    same = np.where((kind == "repeated").to_numpy(), earlier, numbers)
    text, other = pl.Series("text", _text(same, _SENTENCES)), pl.col("text")
    pool = _text(_draw(numbers, 2) % np.uint64(_POOL), 4)
    given = pl.Series(prompts or ["Tell me more about it, please."]).gather(_below(numbers, 3, max(len(prompts), 1)))
    page = pl.format("<p>Home | News | Contact</p>\n{}&nbsp;<br/>Posted on 3 May 2019", other)
    long = pl.concat_str(
        [_text(numbers + np.uint64(part << 48), _SENTENCES) for part in range(1, _LONG)], separator=" "
    )
    texts = {
        "repeated": other.str.replace(" the ", " that ", literal=True),
        "sharing": pl.concat_str([other.str.slice(0, 300), pl.lit(pool)], separator=". "),
        "marked_up": page,
        "german": pl.lit(_GERMAN * 5),
        "short": other.str.slice(0, 20),
        "long": long,
        "empty": pl.lit(" \n"),
        "page": pl.lit(_PAGE),
        "prompt": pl.concat_str([pl.lit(given), other], separator="\n"),
    }
    chosen = pl.coalesce(*(pl.when(pl.col("kind") == name).then(words) for name, words in texts.items()), other)
    made = pl.DataFrame({"number": numbers, "kind": kind, "text": text}).with_columns(text=chosen)
    return made.select("text", id=pl.format("p{}", pl.col("number").cast(pl.String).str.zfill(8))).select("id", "text")


def _text(numbers: Numbers, most: int) -> pl.Series:
    """A passage of four to `most` sentences for each number, no two alike."""
    length = 4 + _below(numbers, 4, most - 3)
    parts = [
        pl.select(pl.when(pl.lit(pl.Series(length > place))).then(pl.lit(_sentence(numbers, place)))).to_series()
        for place in range(most)
    ]
    return pl.select(pl.concat_str(map(pl.lit, parts), separator=" ", ignore_nulls=True)).to_series()


def _sentence(numbers: Numbers, place: int) -> pl.Series:
    """The sentence in a place of each passage."""

    def one(field: int, words: str, apart: str = " ") -> pl.Expr:
        choice = words.split(apart)
        return pl.lit(pl.Series(choice).gather(_below(numbers, 100 * (place + 1) + field, len(choice))))

    name = pl.concat_str([one(field, _SYLLABLES) for field in (0, 1, 2)]).str.to_titlecase()
    figure = pl.lit(pl.Series(10 + _below(numbers, 100 * (place + 1) + 3, 9_990)))
    words = [_ADJECTIVES, _NOUNS, _VERBS, _ADJECTIVES, _NOUNS]
    adjective, noun, verb, other, second = (one(field, choice) for field, choice in enumerate(words, 4))
    when = one(9, _WHEN, "|")
    sentence = pl.format("The {} {} of {} {} {} {} {}s {}.", adjective, noun, name, verb, figure, other, second, when)
    return pl.select(sentence).to_series()


def _below(numbers: Numbers, field: int, end: int) -> NDArray[np.int64]:
    """A whole number in [0, end) for each number in a field."""
    return (_draw(numbers, field) % np.uint64(end)).astype(np.int64)


def _draw(numbers: Numbers, field: int) -> Numbers:
    """64 bits for each number in a field: SplitMix64's mixing."""
    with np.errstate(over="ignore"):
        mixed = numbers * np.uint64(0x9E3779B97F4A7C15) + np.uint64((field * 0xD1B54A32D192ED03) & (2**64 - 1))
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
        return np.asarray(mixed ^ (mixed >> np.uint64(31)))
