"""student@NAME: a LoRA adapter, trained on the rows that params.yaml names for it.

Under `accelerate launch` every GPU has a process that runs this file; the first delivers, the others help.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from statistics import fmean
from typing import TYPE_CHECKING, Any

from xlforge.base import guard
from xlforge.base.errors import BuildError
from xlforge.base.files import write_text
from xlforge.base.frames import split
from xlforge.base.progress import Steps
from xlforge.config import packages, params
from xlforge.config.environment import execution
from xlforge.config.execution import Execution
from xlforge.config.models import ADAPTERS
from xlforge.config.params import Config
from xlforge.stage.stage import DATA, Stage, main
from xlforge.training import checkpoints

if TYPE_CHECKING:
    import polars as pl

    from xlforge.training.lesson import Lesson
    from xlforge.training.trainer import Trained

PROCESSES = int(os.environ.get("WORLD_SIZE", "1"))
HELPS = int(os.environ.get("RANK", "0")) > 0


def work(stage: Stage) -> None:
    """Trains one named student and delivers its adapter, the rows it learnt from and its loss curve."""
    lesson, device = lesson_of(stage.item, stage.config, stage.execution)
    from xlforge.training import sizes
    from xlforge.training.saving import save

    stage.params, stage.schema = lesson.student, sizes
    ids = [row["id"] for row in lesson.rows]
    rows, rejects = split(lesson.rows, sizes.Rows, stage.stage)
    stage.record.rows_in = len(ids)
    stage.accept(rows, rejects, ids)
    with checkpoints.held(lesson.name, lesson.key(device, PROCESSES)) as folder:
        trained = lesson.teach(device, folder, Steps(stage.name))
        save(trained.model, lesson.tokenizer, lesson.base, ADAPTERS / lesson.name)
        curve = [f"{number},{loss:.4f}\n" for number, loss in enumerate(trained.losses, 1)]
        write_text("".join(["step,loss\n", *curve]), stage.out / "loss.csv")
        stage.record.usage.tokens_in = trained.tokens
        stage.deliver_frames(rows, rejects, ids, figures(rows, trained))


def figures(rows: pl.DataFrame, trained: Trained) -> dict[str, Any]:
    """What metrics.json tells: rows of each language, tokens, steps, and the loss (`last` over the last tenth of the steps)."""
    end = max(1, len(trained.losses) // 10)
    return {
        "languages": dict(sorted(Counter(rows["language"]).items())),
        "tokens": {
            "prompts": int(rows["prompt_tokens"].sum()),
            "completions": int(rows["completion_tokens"].sum()),
            "longest": int((rows["prompt_tokens"] + rows["completion_tokens"]).max() or 0),  # type: ignore[arg-type]
            "read": trained.tokens,
        },
        "steps": len(trained.losses),
        "parameters": trained.parameters,
        "loss": {
            "first": round(trained.losses[0], 3),
            "last": round(fmean(trained.losses[-end:]), 3),
            "mean": round(fmean(trained.losses), 3),
        },
    }


def lesson_of(name: str | None, config: Config, how: Execution) -> tuple[Lesson, str]:
    """The student's lesson, and the device it is given on: `cpu` or `cuda`."""
    device, _, number = how.device.partition(":")
    # Threads that spin long while they wait for each other stand still for seconds when anything else runs beside them.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if how.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    if device == "cuda" and "RANK" not in os.environ:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", number or "0")
    from transformers.utils import logging

    from xlforge.training.lesson import prepared

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return prepared(name, config, DATA / "dataset"), device


def help_train(name: str) -> None:
    """Does a further process's part of a training; another prepares, delivers and tells."""
    guard.die_with_parents()
    try:
        config = params.load()
        packages.check()
        lesson, device = lesson_of(name, config, execution(config.execution))
        lesson.teach(device, checkpoints.place(name, lesson.key(device, PROCESSES)), Steps(name))
    except BuildError as error:
        sys.exit(f"student@{name}: {error}")


if __name__ == "__main__":
    if HELPS:
        help_train(sys.argv[1])
    else:
        main("student", work)
