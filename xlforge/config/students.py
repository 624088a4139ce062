"""The students of params.yaml: the models they start from, the recipe that they share, and the keys that each one overrides.

`bases` names models. `student` is the recipe. `students` names trainings: each names its base, the config of the dataset, the languages and
the number of rows, and may override any key of the recipe. So an ablation is a few lines of params.yaml.
"""

import difflib
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from xlforge.config.blocks import Block, checked
from xlforge.languages.registry import language

Blocks = dict[str, dict[str, Any]]
Code = Annotated[str, AfterValidator(lambda code: language(code).code)]
"""The code of a known language."""


class Base(Block):
    """A causal language model that students start from.

    Args:
        model: a local folder or a hub id.
        revision: the digest of the folder (`xlforge revision FOLDER`), or a commit of the hub id.
        trust_remote_code: the exact name of the model whose code may run, and no other value.
        chat_template: Jinja, for a base whose tokenizer has none or an unsuitable one; it is delivered with the adapter.
    """

    model: str
    revision: str | None = None
    trust_remote_code: str | None = None
    chat_template: str | None = None


class Recipe(Block):
    """How students are trained. Every key may change the bytes of an adapter; most have the names of TRL, PEFT and transformers.

    Args:
        target_modules: names of modules, or `all-linear` for every linear layer except the head.
        warmup_ratio: the share of the steps in which the learning rate rises to `learning_rate`.
        train_batch_size: examples of one optimizer step, over all GPUs; with `packing`, sequences of `max_length` tokens.
        gradient_accumulation_steps: the number of passes of a step; the GPUs share them.
        max_length: tokens of an example, prompt and completion; longer examples are rejected, not cut.
        packing: whether examples are joined into sequences of `max_length` tokens.
        dtype: of the base and of the computation.
        load_in_4bit: the base in 4 bits (QLoRA), on a GPU.
        gradient_checkpointing: computes activations twice, to save memory.
        threads: of a CPU; floating-point sums may depend on it.
        validation: the share of the questions that are held out, in all languages, to measure the loss on them twenty times.
        early_stopping: ends the training after so many measurements without a lower validation loss, and delivers the adapter of the
            lowest one; null trains to the end.
        english: trains on the English pairs too, which have no request; without them a student answers every question in another language.
        paired: uses only rows that both `default` and `bestof3` have, so that their students are trained on the same questions.
        max_reject_rate: the maximum share of rejected rows.
    """

    r: int = Field(16, ge=1)
    lora_alpha: int = Field(32, ge=1)
    lora_dropout: float = Field(0.0, ge=0, lt=1)
    target_modules: Literal["all-linear"] | Annotated[tuple[str, ...], Field(min_length=1)] = "all-linear"
    learning_rate: float = Field(gt=0)
    lr_scheduler_type: Literal["constant_with_warmup", "linear", "cosine"] = "cosine"
    warmup_ratio: float = Field(0.0, ge=0, lt=1)
    weight_decay: float = Field(0.0, ge=0)
    max_grad_norm: float = Field(1.0, gt=0)
    num_train_epochs: int = Field(ge=1)
    train_batch_size: int = Field(ge=1)
    gradient_accumulation_steps: int = Field(1, ge=1)
    max_length: int = Field(ge=8)
    packing: bool = False
    seed: int = Field(0, ge=0, lt=2**32)
    dtype: Literal["float32", "bfloat16"] = "float32"
    load_in_4bit: bool = False
    gradient_checkpointing: bool = False
    threads: int = Field(2, ge=1)
    validation: float = Field(0.0, ge=0, le=0.5)
    early_stopping: int | None = Field(None, ge=1)
    english: bool = False
    paired: bool = False
    max_reject_rate: float = Field(0.1, ge=0, le=1)

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.train_batch_size % self.gradient_accumulation_steps:
            raise ValueError(
                f"train_batch_size: {self.train_batch_size} cannot be divided into gradient_accumulation_steps: "
                f"{self.gradient_accumulation_steps} equal passes; train_batch_size counts the examples of all passes of a step"
            )
        if self.early_stopping and not self.validation:
            raise ValueError(
                f"early_stopping: {self.early_stopping} follows the validation loss: write validation: 0.05, or early_stopping: null"
            )
        if self.load_in_4bit and self.dtype != "bfloat16":
            raise ValueError("load_in_4bit: true computes in bfloat16: write dtype: bfloat16")
        return self


def _count_or_share(rows: float | None) -> float | None:
    if rows is not None and not (0 < rows < 1 or (rows >= 1 and rows == int(rows))):
        raise ValueError("rows is a whole number of rows a language, a share between 0 and 1, or null for all")
    return rows


class Student(Recipe):
    """One named training: the shared recipe with its own keys.

    Args:
        base: under `bases`.
        config: of the dataset.
        languages: codes; null for all of `languages`.
        rows: of each language, English too, a number, a share (0.25), or null for all; sampled by a hash of the id.
    """

    base: str
    config: Literal["default", "bestof3"]
    languages: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None
    rows: Annotated[float, AfterValidator(_count_or_share)] | None = None


def resolved(
    bases: Blocks, student: dict[str, Any], students: Blocks, languages: tuple[str, ...]
) -> tuple[dict[str, Any], list[str]]:
    """The checked blocks `bases`, `student` and `students`, each student with its whole recipe; and every fault as a message."""
    known: dict[str, Any] = {}
    named: dict[str, Any] = {}
    faults: list[str] = []
    for name, entry in bases.items():
        known[name], wrong = checked(Base, entry, f"bases.{name}.")
        faults += wrong
    recipe, wrong = checked(Recipe, student, "student.")
    faults += wrong
    valid = {"learning_rate": 1, "num_train_epochs": 1, "train_batch_size": 2**20, "max_length": 8}
    shared = (recipe or Recipe.model_validate(valid)).model_dump()  # so that a fault of the recipe is reported once
    for name, entry in students.items():
        one, wrong = checked(Student, shared | entry, f"students.{name}.")
        faults += wrong
        if one is not None:
            named[name] = one
            faults += _unknown_names(f"students.{name}", one, known, languages)
    return {"bases": known, "student": recipe, "students": named}, faults


def _unknown_names(where: str, student: Student, bases: dict[str, Any], languages: tuple[str, ...]) -> list[str]:
    faults = []
    if student.base not in bases:
        near = difflib.get_close_matches(student.base, bases, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it has {', '.join(bases) or 'nothing'}"
        faults.append(f"{where}.base: {student.base!r} is not under `bases`; {hint}")
    for code in student.languages or ():
        if code == "en":
            faults.append(f"{where}.languages: the English pairs are not named here: write english: true in {where}")
        elif code not in languages:
            known = ", ".join(languages)
            faults.append(f"{where}.languages: {code!r} is not under `languages`, which has {known}: add it there too")
    if len(set(student.languages or ())) < len(student.languages or ()):
        faults.append(f"{where}.languages: a language is named twice")
    return faults
