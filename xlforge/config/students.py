"""Students, as params.yaml declares them: the bases they start from, the recipe they share, and what each does otherwise.

`bases` names models, `student` is the recipe, and `students` names trainings: each says which base, which config of the dataset, which
languages and how many rows, and may set any key of the recipe anew. So an ablation is a few lines of data.
"""

from __future__ import annotations

import difflib
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from xlforge.config.blocks import Block, checked
from xlforge.languages.registry import language

Blocks = dict[str, dict[str, Any]]


class Base(Block):
    """A causal language model that students start from.

    model: a local folder or a hub id. revision: the folder's digest (`xlforge revision FOLDER`), the hub id's commit.
    trust_remote_code: only the exact name of the model whose code may run. chat_template: Jinja, for a base whose tokenizer
    has none or another than is wanted; the adapter then carries it.
    """

    model: str
    revision: str | None = None
    trust_remote_code: str | None = None
    chat_template: str | None = None


class Recipe(Block):
    """How students are trained; each key may decide the adapter's bytes.

    rank, alpha, dropout, targets: of the LoRA matrices; targets are names of modules, or `all-linear` for every linear layer but the
    head. warmup: the share of the steps over which the rate rises to `learning_rate`; `schedule` is its course from there.
    batch: examples of one step of the optimiser, however many GPUs there are; accumulation: the passes it is made in, which
    the GPUs share. length: the most tokens of an example, prompt and answer; longer ones are set aside. packing: examples are laid
    end to end in sequences of `length` tokens, and `batch` counts those. clip: the greatest norm of a gradient.
    precision: of the base and the sums; quantised: the base in 4 bits (QLoRA), on a GPU. recompute: activations are computed twice
    instead of kept. threads: of a CPU; sums may depend on it. paired: only rows that `default` and `bestof3` both have, so
    that students of either learn from the same questions. max_reject_rate: the greatest share of rows that may be set aside.
    """

    rank: int = Field(16, ge=1)
    alpha: int = Field(32, ge=1)
    dropout: float = Field(0.0, ge=0, lt=1)
    targets: Literal["all-linear"] | Annotated[tuple[str, ...], Field(min_length=1)] = "all-linear"
    learning_rate: float = Field(gt=0)
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    warmup: float = Field(0.0, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)
    clip: float = Field(1.0, gt=0)
    epochs: int = Field(ge=1)
    batch: int = Field(ge=1)
    accumulation: int = Field(1, ge=1)
    length: int = Field(ge=8)
    packing: bool = False
    seed: int = Field(0, ge=0, lt=2**32)
    precision: Literal["float32", "bfloat16"] = "float32"
    quantised: bool = False
    recompute: bool = False
    threads: int = Field(2, ge=1)
    paired: bool = False
    max_reject_rate: float = Field(0.1, ge=0, le=1)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.batch % self.accumulation:
            raise ValueError(
                f"batch: {self.batch} cannot be made in accumulation: {self.accumulation} equal passes; batch is what one step of "
                "the optimiser sees, in all passes together"
            )
        if self.quantised and self.precision != "bfloat16":
            raise ValueError("quantised: true computes in bfloat16: write precision: bfloat16")
        return self


def _known(code: str) -> str:
    return language(code).code


def _sensible(rows: float | None) -> float | None:
    if rows is not None and not (0 < rows < 1 or (rows >= 1 and rows == int(rows))):
        raise ValueError("rows is a whole number of rows a language, a share between 0 and 1, or null for all")
    return rows


class Student(Recipe):
    """One named training: the shared recipe, and its own keys over it.

    base: under `bases`. config: of the dataset. languages: codes, `en` for the English pairs; null for all of `languages`.
    rows: of each language, a number or a share (0.25), drawn by a hash of the id, so that fewer are among more; null for all.
    """

    base: str
    config: Literal["default", "bestof3"]
    languages: Annotated[tuple[Annotated[str, AfterValidator(_known)], ...], Field(min_length=1)] | None = None
    rows: Annotated[float, AfterValidator(_sensible)] | None = None


def resolved(
    bases: Blocks, student: dict[str, Any], students: Blocks, languages: tuple[str, ...]
) -> tuple[dict[str, Any], list[str]]:
    """The blocks of these names, checked, each student with its whole recipe; and every fault in words."""
    known: dict[str, Any] = {}
    named: dict[str, Any] = {}
    faults: list[str] = []
    for name, entry in bases.items():
        known[name], wrong = checked(Base, entry, f"bases.{name}.")
        faults += wrong
    recipe, wrong = checked(Recipe, student, "student.")
    faults += wrong
    common = recipe.model_dump() if recipe else Recipe(learning_rate=1, epochs=1, batch=2**20, length=8).model_dump()
    for name, entry in students.items():
        one, wrong = checked(Student, common | entry, f"students.{name}.")
        faults += wrong
        if one is not None:
            named[name] = one
            faults += _strange(f"students.{name}", one, known, languages)
    return {"bases": known, "student": recipe, "students": named}, faults


def _strange(where: str, student: Student, bases: dict[str, Any], languages: tuple[str, ...]) -> list[str]:
    faults = []
    if student.base not in bases:
        near = difflib.get_close_matches(student.base, bases, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(bases) or 'nothing'}"
        faults.append(f"{where}.base: {student.base!r} is not under `bases`; {hint}")
    for code in student.languages or ():
        if code not in ("en", *languages):
            faults.append(
                f"{where}.languages: {code!r} is not under `languages`, which has {', '.join(languages)}: the dataset holds no "
                "rows in it; name it there too"
            )
    if len(set(student.languages or ())) < len(student.languages or ()):
        faults.append(f"{where}.languages: a language is named twice")
    return faults
