"""The rows that a student is trained on: sampled by a hash of their ids, and counted as the base's tokenizer sees them.

The hash of a row is always the same. So the rows of a student with fewer rows are among the rows of a student with more, and two configs
with the same ids give the same rows. The seed has no influence, so students with different seeds are trained on the same rows.

TRL cuts a row that is too long, without a message. It trains on a part of the prompt where the chat template writes the prompt differently
before an answer. Text that spells a control token becomes that token. A row of several turns, or with a system prompt, would train what no
evaluation here uses. Such rows are rejected, with the reason.
"""

import hashlib
from math import ceil
from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl
from transformers import PreTrainedTokenizerBase

from xlforge.base.errors import BuildError
from xlforge.base.frames import Table
from xlforge.base.rows import Row, reject
from xlforge.config.students import Student
from xlforge.languages.registry import LANGUAGES

CONFIGS = ("default", "bestof3")
TRAIN, VALIDATION = "train", "validation"


class Rows(Table):
    """A row that the student was trained on or is measured on, with its tokens under the base's chat template."""

    id: str = pa.Field(unique=True)
    language: str
    split: str = pa.Field(isin=[TRAIN, VALIDATION])
    prompt_tokens: int = pa.Field(gt=0)
    completion_tokens: int = pa.Field(gt=0)


def choose(dataset: Path, name: str, student: Student, languages: tuple[str, ...]) -> pl.DataFrame:
    """The student's rows, ordered by id.

    Args:
        dataset: the folder of the stage `dataset`.
        name: of the student, for messages.
        languages: those of the build, for a student without `languages`.

    Returns:
        Columns id, language, prompt, completion, split.

    Raises:
        BuildError: the dataset has fewer rows than `rows` wants, or a split is missing.
    """
    parts = []
    for code in (*(("en",) if student.english else ()), *(student.languages or languages)):
        rows = _split(dataset, student.config, code)
        if student.paired:
            other = next(config for config in CONFIGS if config != student.config)
            rows = rows.join(_split(dataset, other, code).select("id"), on="id", how="semi")
        parts.append(sample(rows, student.rows, f"students.{name}.rows", code))
    rows = pl.concat(parts).select("id", "language", "prompt", "completion").sort("id")
    return with_split(rows, student.validation)


def with_split(rows: pl.DataFrame, share: float) -> pl.DataFrame:
    """Rows with the column split: `validation` for a share of the questions, in all of their languages.

    Otherwise the model would be measured on a question that it was trained on in another language.
    """
    question = pl.col("id").str.replace("/[^/]*$", "")
    names = sorted(rows.select(question.unique())["id"], key=lambda name: _digest("validation", name))
    held = names[: min(ceil(share * len(names)), len(names) - 1)]  # one question at least is trained on
    return rows.with_columns(split=pl.when(question.is_in(held)).then(pl.lit(VALIDATION)).otherwise(pl.lit(TRAIN)))


def sample(rows: pl.DataFrame, count: float | None, where: str, code: str) -> pl.DataFrame:
    """The `count` rows with the smallest hashes; `count` is a number, a share, or None for all."""
    if count is None:
        return rows
    wanted = ceil(count * len(rows)) if count < 1 else int(count)
    if wanted > len(rows):
        raise BuildError(
            f"{where} in params.yaml is {wanted} rows of {LANGUAGES[code].name}, but the dataset has {len(rows)} usable ones: "
            "lower it, or use more seeds (seeds.sample)"
        )
    return rows.sort(pl.col("id").map_elements(row_hash, pl.String)).head(wanted)


def row_hash(row: str) -> str:
    """The hash of a row by its id, as hexadecimal digits; the smallest are sampled first."""
    return _digest("student", row)


def _digest(purpose: str, name: str) -> str:
    return hashlib.sha256(f"{purpose}\n{name}".encode()).hexdigest()


def _split(dataset: Path, config: str, code: str) -> pl.DataFrame:
    path = dataset / config / f"{LANGUAGES[code].split}.parquet"
    columns = ["id", "language", "prompt", "completion"]
    if path.exists():
        return pl.read_parquet(path, columns=columns)
    for other in path.parent.glob("*.parquet"):  # a language without rows has no split
        return pl.read_parquet(other, columns=columns).clear()
    raise BuildError(f"{path} is missing: the stage student reads it; `dvc repro` builds it first")


def count_tokens(tokenizer: PreTrainedTokenizerBase, rows: pl.DataFrame, max_length: int) -> list[Row]:
    """The rows with `prompt_tokens` and `completion_tokens`; a rejected row has its reason under `reject`.

    Args:
        rows: id, language, prompt, completion, split.
        max_length: tokens of prompt and completion together.
    """
    controls = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    controls |= {str(token) for token in tokenizer.all_special_tokens}
    return [_count(tokenizer, row, max_length, sorted(controls)) for row in rows.to_dicts()]


def _count(tokenizer: PreTrainedTokenizerBase, row: Row, max_length: int, controls: list[str]) -> Row:
    turns = [*row["prompt"], *row["completion"]]
    roles = [turn["role"] for turn in turns]
    if roles != ["user", "assistant"]:
        other = reject("system_prompt" if "system" in roles else "several_turns", ", ".join(roles))
        return {**row, "prompt_tokens": 0, "completion_tokens": 0, "reject": other}
    prompt = tokens(tokenizer, row["prompt"], add_generation_prompt=True)
    whole = tokens(tokenizer, turns)
    control = next((control for control in controls if any(control in turn["content"] for turn in turns)), None)
    mark = None
    if control is not None:
        mark = reject("control_token", control, "\n".join(turn["content"] for turn in turns))
    elif whole[: len(prompt)] != prompt:
        mark = reject("prompt_differs", "the chat template writes the prompt differently when an answer follows")
    elif len(whole) > max_length:
        mark = reject("too_long", f"{len(whole)} tokens")
    return {**row, "prompt_tokens": len(prompt), "completion_tokens": len(whole) - len(prompt), "reject": mark}


def tokens(tokenizer: PreTrainedTokenizerBase, turns: list[dict[str, str]], **options: Any) -> list[int]:
    """Turns of a conversation under the chat template, tokenized as the trainer does it."""
    found: Any = tokenizer.apply_chat_template(turns, tokenize=True, return_dict=True, **options)
    return list(found["input_ids"])
