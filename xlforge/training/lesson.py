"""One student's training from end to end, short of delivering it: what is learnt from, and by what."""

from __future__ import annotations

import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from transformers import PreTrainedTokenizerBase

from xlforge.base.errors import BuildError
from xlforge.base.progress import Steps
from xlforge.config import packages
from xlforge.config.params import Config
from xlforge.config.students import Base, Student
from xlforge.models.revision import folder_digest
from xlforge.training.bases import model_of, tokenizer_of
from xlforge.training.selection import chosen
from xlforge.training.sizes import sized
from xlforge.training.trainer import Job, Trained, train


@dataclass(frozen=True)
class Lesson:
    """rows: all that were chosen, counted, those set aside marked under `reject`; in order of id."""

    name: str
    student: Student
    base: Base
    tokenizer: PreTrainedTokenizerBase
    rows: list[dict[str, Any]]

    def key(self, device: str, processes: int) -> str:
        """A hash of all that decides the adapter: sixteen hexadecimal digits."""
        decides = {
            "student": self.student.model_dump(),
            "base": self.base.model_dump(),
            "rows": self.rows,
            "packages": packages.declared(),
            "code": folder_digest(Path(__file__).parent),
            "run": [device, processes],
        }
        return hashlib.sha256(orjson.dumps(decides, option=orjson.OPT_SORT_KEYS)).hexdigest()[:16]

    def teach(self, device: str, folder: Path, progress: Steps) -> Trained:
        """Trains the adapter. folder: of its checkpoints, the last of which is gone on from."""
        learnt = [row for row in self.rows if not row["reject"]]
        model = model_of(self.base, self.student, device)
        return train(model, self.tokenizer, Job(self.student, learnt, device, folder, progress))


def prepared(name: str | None, config: Config, dataset: Path) -> Lesson:
    """The lesson of a student of params.yaml. Raises BuildError where there is none, or its base or rows are not there."""
    students: dict[str, Student] = config.students
    if name not in students:
        near = difflib.get_close_matches(name or "", students, n=1)
        told = (
            f"did you mean {near[0]!r}?" if near else f"`students` in params.yaml has {', '.join(students) or 'none'}"
        )
        raise BuildError(f"no student is called {name!r}: {told}")
    student = students[name]
    base: Base = config.bases[student.base]
    tokenizer = tokenizer_of(base)
    rows = chosen(dataset, name, student, config.languages)
    return Lesson(name, student, base, tokenizer, sized(tokenizer, rows, student.length))
