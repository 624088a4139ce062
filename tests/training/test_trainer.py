"""The training itself: whose loss it is, that packing changes nothing in it, and that it can be stopped anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from peft import get_peft_model_state_dict
from transformers import PreTrainedTokenizerBase
from trl import SFTTrainer

from tests.training.conftest import WORDS, example
from xlforge.base.errors import BuildError
from xlforge.base.progress import Steps
from xlforge.config.students import Base, Recipe
from xlforge.training import checkpoints
from xlforge.training.bases import model_of
from xlforge.training.sizes import sized
from xlforge.training.trainer import Job, Trained, train, trainer_of

RECIPE = Recipe(learning_rate=0.01, epochs=2, batch=8, length=200, rank=4, dropout=0.1, warmup=0.1)


def job(tokenizer: PreTrainedTokenizerBase, folder: Path, **changes: Any) -> Job:
    rows = pl.DataFrame([example(number, code) for number in range(20) for code in WORDS])
    recipe = Recipe(**(RECIPE.model_dump() | changes))
    return Job(recipe, sized(tokenizer, rows, 500), "cpu", folder, Steps("test"))


def trained(base: Path, tokenizer: PreTrainedTokenizerBase, work: Job) -> Trained:
    return train(model_of(Base(model=str(base)), work.recipe, "cpu"), tokenizer, work)


def same(one: Trained, other: Trained) -> bool:
    left, right = (get_peft_model_state_dict(made.model) for made in (one, other))
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize("packing", [False, True])
def test_the_loss_on_a_cpu_is_trls(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, packing: bool
) -> None:
    work = job(tokenizer, tmp_path, packing=packing, dropout=0.0)
    trainer = trainer_of(model_of(Base(model=str(base)), work.recipe, "cpu"), tokenizer, work)
    batch = next(iter(trainer.get_train_dataloader()))
    learnt = (batch["labels"][:, 1:] != -100).sum()
    ours = trainer.compute_loss(trainer.model, dict(batch), num_items_in_batch=learnt)
    theirs = SFTTrainer.compute_loss(trainer, trainer.model, dict(batch), num_items_in_batch=learnt)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-5)


def test_packed_examples_do_not_see_each_other(base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    losses = []
    for packing in (False, True):
        work = job(tokenizer, tmp_path, packing=packing, batch=40, dropout=0.0, epochs=1)
        trainer = trainer_of(model_of(Base(model=str(base)), work.recipe, "cpu"), tokenizer, work)
        assert len(trainer.train_dataset) < 40 if packing else len(trainer.train_dataset) == 40
        whole = trainer.data_collator([trainer.train_dataset[at] for at in range(len(trainer.train_dataset))])
        learnt = (whole["labels"][:, 1:] != -100).sum()
        losses.append(trainer.compute_loss(trainer.model, dict(whole), num_items_in_batch=learnt).item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)


def test_only_the_answer_and_its_end_are_learnt(base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    work = job(tokenizer, tmp_path)
    trainer = trainer_of(model_of(Base(model=str(base)), work.recipe, "cpu"), tokenizer, work)
    learnt = [token for token in trainer.train_dataset[0]["labels"] if token != -100]
    assert tokenizer.decode(learnt) == work.rows[0]["completion"][0]["content"] + "<|im_end|>\n"


def test_two_trainings_agree_and_the_loss_falls(base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path) -> None:
    one, other = (trained(base, tokenizer, job(tokenizer, tmp_path / name)) for name in ("one", "other"))
    assert same(one, other)
    assert one.losses == other.losses
    assert len(one.losses) == 10
    assert sum(one.losses[-3:]) < 0.9 * sum(one.losses[:3])
    assert one.tokens == 2 * sum(
        row["prompt_tokens"] + row["completion_tokens"] for row in job(tokenizer, tmp_path).rows
    )
    assert not same(one, trained(base, tokenizer, job(tokenizer, tmp_path / "seed", seed=1)))


@pytest.mark.slow
def test_a_training_goes_on_from_any_whole_checkpoint_to_the_same_adapter(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = trained(base, tokenizer, job(tokenizer, tmp_path / "whole"))
    assert sorted(path.name for path in (tmp_path / "whole").iterdir()) == ["checkpoint-10", "checkpoint-9"]
    for stopped in (3, 9, 10):
        folder = tmp_path / str(stopped)

        class Stop(Steps):
            def add(self, tokens: int, loss: float, folder: Path = folder, stopped: int = stopped) -> None:
                if (folder / f"checkpoint-{stopped}" / "whole").exists():
                    raise KeyboardInterrupt

        work = job(tokenizer, folder)
        stop = Job(work.recipe, work.rows, "cpu", folder, Stop("test"))
        if stopped < 10:
            with pytest.raises(KeyboardInterrupt):
                trained(base, tokenizer, stop)
        else:
            trained(base, tokenizer, stop)
        again = trained(base, tokenizer, work)
        assert f"goes on from step {stopped} of 10" in capsys.readouterr().err
        assert same(again, whole)
        assert again.losses == whole.losses


def test_a_loss_that_is_no_number_ends_the_training(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    with pytest.raises(BuildError, match=r"after step .* lower learning_rate"):
        trained(base, tokenizer, job(tokenizer, tmp_path, learning_rate=1e30, warmup=0, clip=1e30))


def test_processes_that_cannot_share_the_passes_are_told(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(BuildError, match="3 processes cannot share accumulation: 4"):
        trained(base, tokenizer, job(tokenizer, tmp_path, accumulation=4))


def test_a_checkpoint_that_was_not_written_to_its_end_is_passed_over(tmp_path: Path) -> None:
    for step in (9, 10, 11):
        (tmp_path / f"checkpoint-{step}").mkdir()
    assert checkpoints.last(tmp_path) is None
    for step in (9, 10):
        checkpoints.finish(tmp_path, step)
    assert checkpoints.last(tmp_path) == tmp_path / "checkpoint-10"


@pytest.mark.slow
@pytest.mark.parametrize(
    "changes",
    [
        {"packing": True, "length": 400, "batch": 2},
        {"precision": "bfloat16"},
        {"accumulation": 4},
        {"schedule": "constant", "targets": ["q_proj", "v_proj"]},
        {"schedule": "linear", "weight_decay": 0.1, "warmup": 0.0},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_every_recipe_lowers_the_loss(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path, changes: dict[str, Any]
) -> None:
    made = trained(base, tokenizer, job(tokenizer, tmp_path, **changes))
    assert sum(made.losses[-3:]) < 0.95 * sum(made.losses[:3])
    assert {weight.dtype for weight in get_peft_model_state_dict(made.model).values()} == {torch.float32}


@pytest.mark.slow
def test_activations_computed_twice_are_the_same(
    base: Path, tokenizer: PreTrainedTokenizerBase, tmp_path: Path
) -> None:
    work = [job(tokenizer, tmp_path / str(twice), recompute=twice, epochs=1) for twice in (False, True)]
    assert same(*(trained(base, tokenizer, one) for one in work))
