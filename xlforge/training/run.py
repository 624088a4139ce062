"""One training: the student, its base and its rows, and a hash of everything that decides the adapter."""

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import orjson
from transformers import PreTrainedTokenizerBase

from xlforge.base.rows import Row
from xlforge.config import packages
from xlforge.config.params import Config
from xlforge.config.students import Base, Student
from xlforge.models.revision import folder_digest
from xlforge.training.bases import load_tokenizer
from xlforge.training.rows import TRAIN, VALIDATION, choose, count_tokens


@dataclass(frozen=True)
class TrainingRun:
    """The training of one student.

    Args:
        name: under `students` in params.yaml.
        rows: all chosen rows with their token counts, ordered by id; a rejected one has its reason under `reject`.
        device: `cpu` or `cuda`.
        processes: how many share the work.
    """

    name: str
    student: Student
    base: Base
    tokenizer: PreTrainedTokenizerBase
    rows: list[Row]
    device: str
    processes: int = 1

    @property
    def examples(self) -> list[Row]:
        """The rows that are trained on."""
        return [row for row in self.rows if row["split"] == TRAIN and not row["reject"]]

    @property
    def held_out(self) -> list[Row]:
        """The rows that the validation loss is measured on."""
        return [row for row in self.rows if row["split"] == VALIDATION and not row["reject"]]

    @cached_property
    def key(self) -> str:
        """A hash of everything that decides the adapter: sixteen hexadecimal digits."""
        decides = {
            "student": self.student.model_dump(),
            "base": self.base.model_dump(),
            "rows": self.rows,
            "packages": packages.declared(),
            "code": folder_digest(Path(__file__).parent),
            "run": [self.device, self.processes],
        }
        return hashlib.sha256(orjson.dumps(decides, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]


def prepare(name: str, config: Config, dataset: Path, device: str, processes: int = 1) -> TrainingRun:
    """The training of a student of params.yaml.

    Raises:
        BuildError: the student, its base or its rows do not exist.
    """
    student = config.trained(name)
    base = config.bases[student.base]
    tokenizer = load_tokenizer(base)
    rows = count_tokens(tokenizer, choose(dataset, name, student, config.languages), student.max_length)
    return TrainingRun(name, student, base, tokenizer, rows, device, processes)
