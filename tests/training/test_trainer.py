"""The training itself: its loss, that packing does not change it, and that it can be resumed at any step."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from peft import get_peft_model_state_dict
from safetensors.torch import load_file
from torch.nn.functional import cross_entropy
from transformers import PreTrainedTokenizerBase
from trl import SFTTrainer

from tests.training.conftest import WORDS, example
from xlforge.base.errors import BuildError
from xlforge.base.progress import Steps
from xlforge.config.students import Base, Student
from xlforge.training import checkpoints
from xlforge.training.rows import count_tokens, with_split
from xlforge.training.run import TrainingRun
from xlforge.training.trainer import Trained, build_trainer, train

RECIPE: dict[str, Any] = {
    "learning_rate": 0.01, "num_train_epochs": 2, "train_batch_size": 8, "max_length": 200, "r": 4, "lora_dropout": 0.1,
    "warmup_ratio": 0.1,
}  # fmt: skip


def training(base: Path, tokenizer: PreTrainedTokenizerBase, processes: int = 1, **changes: Any) -> TrainingRun:
    student = Student(base="tiny", config="bestof3", **(RECIPE | changes))
    rows = with_split(
        pl.DataFrame([example(number, code) for number in range(20) for code in WORDS]), student.validation
    )
    return TrainingRun(
        "one", student, Base(model=str(base)), tokenizer, count_tokens(tokenizer, rows, 500), "cpu", processes
    )


def trained(run: TrainingRun, folder: Path, progress: Steps | None = None) -> Trained:
    return train(run, folder, progress or Steps("test"))


def same(one: Trained, other: Trained) -> bool:
    left, right = (get_peft_model_state_dict(made.model) for made in (one, other))
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("packing", [False, True])
def test_the_loss_on_a_cpu_is_trls(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, packing: bool
) -> None:
    trainer = build_trainer(training(base, tokenizer, packing=packing, lora_dropout=0.0), tmp_path)
    batch = next(iter(trainer.get_train_dataloader()))
    count = (batch["labels"][:, 1:] != -100).sum()
    ours = trainer.compute_loss(trainer.model, dict(batch), num_items_in_batch=count)
    theirs = SFTTrainer.compute_loss(trainer, trainer.model, dict(batch), num_items_in_batch=count)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)


def test_packed_examples_do_not_see_each_other(base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    losses = []
    for packing in (False, True):
        changes = {"packing": packing, "train_batch_size": 40, "lora_dropout": 0.0, "num_train_epochs": 1}
        trainer = build_trainer(training(base, tokenizer, **changes), tmp_path)
        assert len(trainer.train_dataset) < 40 if packing else len(trainer.train_dataset) == 40
        whole = trainer.data_collator([trainer.train_dataset[at] for at in range(len(trainer.train_dataset))])
        count = (whole["labels"][:, 1:] != -100).sum()
        losses.append(trainer.compute_loss(trainer.model, dict(whole), num_items_in_batch=count).item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_the_loss_is_over_the_answer_and_its_end(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    run = training(base, tokenizer)
    trainer = build_trainer(run, tmp_path)
    in_loss = [token for token in trainer.train_dataset[0]["labels"] if token != -100]
    assert tokenizer.decode(in_loss) == run.rows[0]["completion"][0]["content"] + "<|im_end|>\n"


def test_two_trainings_agree_and_the_loss_falls(base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    run = training(base, tokenizer)
    one, other = (trained(run, tmp_path / name) for name in ("one", "other"))
    assert same(one, other)
    assert one.losses == other.losses
    assert len(one.losses) == 10
    assert sum(one.losses[-3:]) < 0.9 * sum(one.losses[:3])
    assert one.tokens == 2 * sum(row["prompt_tokens"] + row["completion_tokens"] for row in run.rows)
    assert not same(one, trained(training(base, tokenizer, seed=1), tmp_path / "seed"))


@pytest.mark.slow
def test_a_training_continues_from_any_complete_checkpoint_to_the_same_adapter(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = training(base, tokenizer)
    whole = trained(run, tmp_path / "whole")
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == ["checkpoint-10", "checkpoint-9"]
    for stopped in (3, 9, 10):
        folder = tmp_path / str(stopped)

        class Stop(Steps):
            def add(self, tokens: int, loss: float, folder: Path = folder, stopped: int = stopped) -> None:
                if (folder / f"checkpoint-{stopped}" / "complete").exists():
                    raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt) if stopped < 10 else nullcontext():
            trained(run, folder, Stop("test"))
        again = trained(run, folder)
        assert f"goes on from step {stopped} of 10" in capsys.readouterr().err
        assert same(again, whole)
        assert again.losses == whole.losses


def test_early_stopping_delivers_the_adapter_of_the_lowest_loss_also_after_a_kill(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    run = training(base, tokenizer, validation=0.2, early_stopping=1, num_train_epochs=12, learning_rate=0.1)
    whole = trained(run, tmp_path / "whole")
    lowest = min(whole.validation, key=lambda step: whole.validation[step])
    assert lowest < max(whole.validation) == len(whole.losses) < 48
    assert len([step for step in whole.validation if step > lowest]) == 1
    saved = load_file(tmp_path / f"whole/checkpoint-{lowest}/adapter_model.safetensors")
    delivered = get_peft_model_state_dict(whole.model)
    assert all(torch.equal(delivered[name], weight) for name, weight in saved.items())
    again = trained(run, tmp_path / "whole")
    assert same(again, whole)
    assert (again.losses, again.validation) == (whole.losses, whole.validation)


def test_the_validation_loss_is_that_of_the_held_out_rows_before_and_after(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    # 21 steps, so that the loss is measured after each second one, and once more at the end.
    run = training(base, tokenizer, validation=0.2, num_train_epochs=21, train_batch_size=32)
    assert (len(run.examples), len(run.held_out)) == (32, 8)
    made = trained(run, tmp_path)
    assert [*made.validation] == [*range(2, 21, 2), 21]
    (batch,) = build_trainer(run, tmp_path).get_eval_dataloader()
    with torch.inference_mode():
        logits = made.model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits[:, :-1]
    loss = cross_entropy(logits.flatten(0, 1).float(), batch["labels"][:, 1:].flatten(), ignore_index=-100)
    assert made.validation[21] == pytest.approx(loss.item(), rel=1e-4)
    assert made.validation[21] < made.validation[2]


def test_a_loss_that_is_not_finite_stops_the_training(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    with pytest.raises(BuildError, match=r"after step .* lower learning_rate"):
        trained(training(base, tokenizer, learning_rate=1e30, warmup_ratio=0, max_grad_norm=1e30), tmp_path)


def test_processes_that_cannot_share_the_passes_are_an_error(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    with pytest.raises(BuildError, match="3 processes cannot share gradient_accumulation_steps: 4"):
        trained(training(base, tokenizer, processes=3, gradient_accumulation_steps=4), tmp_path)


def test_early_stopping_without_a_row_to_measure_is_an_error(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    run = training(base, tokenizer, validation=0.1, early_stopping=2)
    run.rows[:] = [row for row in run.rows if row["split"] == "train"]
    with pytest.raises(BuildError, match=r"validation: 0\.1 holds out no usable row"):
        trained(run, tmp_path)


def test_an_incomplete_checkpoint_is_ignored(tmp_path: Path) -> None:
    for step in (9, 10, 11):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert checkpoints.latest(tmp_path) is None
    for step in (9, 10):
        checkpoints.mark_complete(tmp_path, step)
    assert checkpoints.latest(tmp_path) == tmp_path / "checkpoint-10"


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"packing": True, "max_length": 400, "train_batch_size": 2},
        {"dtype": "bfloat16"},
        {"gradient_accumulation_steps": 4},
        {"lr_scheduler_type": "constant_with_warmup", "target_modules": ["q_proj", "v_proj"]},
        {"lr_scheduler_type": "linear", "weight_decay": 0.1, "warmup_ratio": 0.0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_recipe_lowers_the_loss(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, changes: dict[str, Any]
) -> None:
    made = trained(training(base, tokenizer, **changes), tmp_path)
    assert sum(made.losses[-3:]) < 0.95 * sum(made.losses[:3])
    assert {weight.dtype for weight in get_peft_model_state_dict(made.model).values()} == {torch.float32}


@pytest.mark.slow
def test_gradient_checkpointing_gives_the_same_adapter(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    runs = [training(base, tokenizer, gradient_checkpointing=on, num_train_epochs=1) for on in (False, True)]
    assert same(*(trained(run, tmp_path / str(run.student.gradient_checkpointing)) for run in runs))
