"""LoRA fine-tuning with TRL's SFTTrainer and PEFT, on conversational prompt/completion rows; the loss is the completion's.

What the trainer leaves open is settled here: the order of the examples is our own, so that it can be resumed at any step; threads are
as many as the recipe says; what a GPU may compute in either of two ways is asked to be computed in one.
"""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import torch
import torch.nn.functional as F
from accelerate import PartialState
from datasets import Dataset
from peft import LoraConfig
from torch.utils.data import Sampler
from transformers import PreTrainedModel, PreTrainedTokenizerBase, TrainerCallback
from transformers.trainer_callback import PrinterCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from xlforge.base.errors import BuildError
from xlforge.base.progress import Steps
from xlforge.config.students import Recipe
from xlforge.training import checkpoints
from xlforge.training.order import order, steps

_CHECKPOINTS = 20
"""How many are written in the course of a training; the last two are kept."""


@dataclass(frozen=True)
class Job:
    """One training. rows: prompt and completion, with the tokens of each. device: `cpu` or `cuda`.

    folder: where checkpoints are put, and the last whole one is gone on from. progress: is told of each step.
    """

    recipe: Recipe
    rows: list[dict[str, Any]]
    device: str
    folder: Path
    progress: Steps


@dataclass(frozen=True)
class Trained:
    """model: with its adapter. losses: of each step, the mean over the tokens it learnt from, in nats.

    tokens: read in all steps together. parameters: of the adapter.
    """

    model: Any
    losses: list[float]
    tokens: int
    parameters: int


def train(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, job: Job) -> Trained:
    """The base with an adapter trained on the rows.

    Raises BuildError where GPUs cannot share a step's passes evenly, and where the loss is no number.
    """
    trainer = trainer_of(model, tokenizer, job)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_Teller(job, trainer))
    resume = checkpoints.last(job.folder)
    if trainer.is_world_process_zero():
        job.progress.begin(trainer.total, checkpoints.step(resume))
    try:
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    finally:
        job.progress.close()
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    adapted = trainer.accelerator.unwrap_model(trainer.model)
    parameters = sum(weight.numel() for weight in adapted.parameters() if weight.requires_grad)
    return Trained(adapted, losses, trainer.read(0, len(losses)), parameters)


def trainer_of(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, job: Job) -> _Trainer:
    """The trainer, ready to begin."""
    _settle(job)
    recipe = job.recipe
    examples = Dataset.from_list([{key: row[key] for key in ("prompt", "completion")} for row in job.rows])
    trainer = _Trainer(
        model,
        _config(job),
        train_dataset=examples,
        processing_class=tokenizer,
        peft_config=LoraConfig(
            task_type="CAUSAL_LM",
            r=recipe.rank,
            lora_alpha=recipe.alpha,
            lora_dropout=recipe.dropout,
            target_modules=recipe.targets if isinstance(recipe.targets, str) else list(recipe.targets),
        ),
    )
    trainer.prepare(job)
    return trainer


def _settle(job: Job) -> None:
    torch.set_num_threads(job.recipe.threads)
    if job.device != "cpu":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
        torch.use_deterministic_algorithms(True, warn_only=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
        torch.backends.cudnn.benchmark = False


def _config(job: Job) -> SFTConfig:
    recipe = job.recipe
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    if recipe.accumulation % processes:
        raise BuildError(
            f"{processes} processes cannot share accumulation: {recipe.accumulation} evenly: write a multiple of {processes} into the "
            "recipe in params.yaml (what a step sees stays `batch` examples), or start fewer"
        )
    return SFTConfig(
        output_dir=str(job.folder),
        max_length=recipe.length if recipe.packing else None,  # without packing nothing is too long, and nothing is cut
        packing=recipe.packing,
        completion_only_loss=True,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type={"constant": "constant_with_warmup"}.get(recipe.schedule, recipe.schedule),
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.clip,
        num_train_epochs=1,  # the order holds all epochs
        per_device_train_batch_size=recipe.batch // recipe.accumulation,
        gradient_accumulation_steps=recipe.accumulation // processes,
        gradient_checkpointing=recipe.recompute,
        seed=recipe.seed,
        bf16=recipe.precision == "bfloat16",
        use_cpu=job.device == "cpu",
        dataloader_pin_memory=job.device != "cpu",
        ddp_find_unused_parameters=False,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=1 / _CHECKPOINTS,  # a share of all steps
        save_total_limit=2,
        report_to="none",
        disable_tqdm=True,
    )


class _Trainer(SFTTrainer):  # type: ignore[misc]
    """SFTTrainer with our order of examples, and on a CPU without its head, which is made for GPUs. total: steps."""

    total: int
    _order: list[int]
    _lengths: list[int]

    def prepare(self, job: Job) -> None:
        """Lays down the order of the examples. Raises BuildError if they are not those that were counted."""
        recipe, examples = job.recipe, cast(Dataset, self.train_dataset)
        self._lengths = [len(ids) for ids in examples["input_ids"]]
        counted = sum(row["prompt_tokens"] + row["completion_tokens"] for row in job.rows)
        if sum(self._lengths) != counted or (len(self._lengths) != len(job.rows) and not recipe.packing):
            raise BuildError(
                f"{len(job.rows)} rows of {counted} tokens were to be learnt from, but the trainer has {len(self._lengths)} examples "
                f"of {sum(self._lengths)}; please report this"
            )
        self.total = steps(len(self._lengths), recipe.epochs, recipe.batch)
        self._order = order(
            self._lengths, recipe.epochs, recipe.batch, recipe.batch // recipe.accumulation, recipe.seed
        )

    def read(self, first: int, last: int) -> int:
        """Tokens of the examples in the steps from one up to another."""
        batch = len(self._order) // self.total
        return sum(self._lengths[index] for index in self._order[first * batch : last * batch])

    def _get_train_sampler(self, train_dataset: Any = None) -> Sampler[int]:
        return _Ordered(self._order)

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Checkpoints need no card."""

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """TRL's loss. Its head has no kernel for a CPU, where it takes longer than the model: the same sum is made there plainly."""
        if self.args.device.type != "cpu" or return_outputs or num_items_in_batch is None:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)  # type: ignore[no-untyped-call]
        labels = inputs.pop("labels")[:, 1:]
        learnt = (labels != -100).any(0).nonzero().squeeze(-1)
        logits = model(**inputs, logits_to_keep=learnt, use_cache=False).logits
        total = F.cross_entropy(logits.flatten(0, 1).float(), labels[:, learnt].flatten(), reduction="sum")
        return total / num_items_in_batch * self.accelerator.num_processes


class _Ordered(Sampler[int]):
    def __init__(self, indices: list[int]) -> None:
        self._indices = indices

    def __iter__(self) -> Any:
        return iter(self._indices)

    def __len__(self) -> int:
        return len(self._indices)


class _Teller(TrainerCallback):  # type: ignore[misc]
    def __init__(self, job: Job, trainer: _Trainer) -> None:
        self._job, self._trainer = job, trainer

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if logs and not math.isfinite(logs.get("loss", 0.0)):
            raise BuildError(
                f"the loss is {logs['loss']} after step {state.global_step}: lower learning_rate in params.yaml, or raise warmup"
            )
        if logs and "loss" in logs and state.is_world_process_zero:
            self._job.progress.add(self._trainer.read(state.global_step - 1, state.global_step), logs["loss"])

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        PartialState().wait_for_everyone()
        if state.is_world_process_zero:
            checkpoints.finish(self._job.folder, state.global_step)
