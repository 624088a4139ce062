"""student@NAME: a LoRA adapter, trained on the rows that params.yaml names for it.

Under `accelerate launch` each GPU has a process that runs this file. The first one delivers, the others only train.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterable
from statistics import fmean
from typing import TYPE_CHECKING, Any

from xlforge.base import guard, terminal
from xlforge.base.errors import BuildError
from xlforge.base.files import write_text
from xlforge.base.frames import split
from xlforge.base.imports import uncollected
from xlforge.base.progress import Steps
from xlforge.config import packages, params
from xlforge.config.environment import execution
from xlforge.config.execution import Execution
from xlforge.config.models import ADAPTERS
from xlforge.config.params import Config
from xlforge.stage.stage import DATA, Stage, dvc_item, main
from xlforge.training import checkpoints

if TYPE_CHECKING:
    import polars as pl

    from xlforge.training.run import TrainingRun
    from xlforge.training.trainer import Trained

PROCESSES = int(os.environ.get("WORLD_SIZE", "1"))
FIRST = os.environ.get("RANK", "0") == "0"


def work(stage: Stage) -> None:
    """Trains one named student and delivers its adapter, its rows and its loss curve."""
    run = prepared(stage.item or "", stage.config, stage.execution)
    with uncollected():
        from xlforge.training import rows as training_rows
        from xlforge.training.saving import save
        from xlforge.training.trainer import train

    stage.params, stage.schema = run.student, training_rows
    ids = [row["id"] for row in run.rows]
    rows, rejects = split(run.rows, training_rows.Rows, stage.stage)
    stage.record.rows_in = len(ids)
    stage.accept(rows, rejects, ids)
    with checkpoints.hold(run.name, run.key) as folder:
        trained = train(run, folder, Steps(stage.name))
        save(trained.model, run.tokenizer, run.base, ADAPTERS / run.name)
        write_text(curve(enumerate(trained.losses, 1)), stage.out / "loss.csv")
        write_text(curve(trained.validation.items()), stage.out / "validation.csv")
        stage.record.usage.tokens_in = trained.tokens
        stage.deliver_frames(rows, rejects, ids, metrics(rows, trained))


def curve(losses: Iterable[tuple[int, float]]) -> str:
    """Losses by step, as CSV."""
    return "".join(["step,loss\n", *(f"{step},{loss:.4f}\n" for step, loss in losses)])


def metrics(rows: "pl.DataFrame", trained: "Trained") -> dict[str, Any]:
    """Rows of each language, tokens, steps, and the losses; `last` of the training is the mean over the last tenth of the steps."""
    held_out, rows = rows.filter(split="validation"), rows.filter(split="train")
    end = max(1, len(trained.losses) // 10)
    losses = [round(loss, 3) for loss in trained.validation.values()]
    return {
        "validation": {"rows": len(held_out)} | ({"lowest": min(losses), "last": losses[-1]} if losses else {}),
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


@uncollected()
def prepared(name: str, config: Config, settings: Execution) -> "TrainingRun":
    """The training of a student on the device of the settings, `cpu` or `cuda`."""
    device, _, number = settings.device.partition(":")
    # Threads spin while they wait for each other. With a long spin they block for seconds when the machine has other work.
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    if settings.offline:
        os.environ["HF_HUB_OFFLINE"] = "1"
    if device == "cuda" and "RANK" not in os.environ:
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", number or "0")
    from transformers.utils import logging

    from xlforge.training.run import prepare

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    return prepare(name, config, DATA / "dataset", device, PROCESSES)


def train_with_first(name: str) -> None:
    """The part of a further process in a training; the first process prepares, reports and delivers."""
    terminal.prepare()
    guard.die_with_parents()
    try:
        config = params.load()
        packages.check()
        run = prepared(name, config, execution(config.execution))
        from xlforge.training.trainer import train

        train(run, checkpoints.folder_of(name, run.key), Steps(name))
    except BuildError as error:
        sys.exit(f"student@{name}: {error}")


if __name__ == "__main__":
    if FIRST:
        main("student", work)
    else:
        train_with_first(sys.argv[1] if len(sys.argv) > 1 else str(dvc_item("student")))
