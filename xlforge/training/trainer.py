"""LoRA fine-tuning with TRL's SFTTrainer and PEFT, on conversational prompt/completion rows; the loss is over the completion.

What the trainer leaves open is fixed here: the order of the examples, which can be resumed at any step; the number of threads, from the
recipe; and the kernels of a GPU, of which the deterministic ones are used.
"""

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
from transformers import EarlyStoppingCallback, TrainerCallback
from transformers.trainer_callback import PrinterCallback
from trl.trainer.sft_config import SFTConfig
from trl.trainer.sft_trainer import SFTTrainer

from xlforge.base.errors import BuildError
from xlforge.base.progress import Steps
from xlforge.base.rows import Row
from xlforge.training import checkpoints
from xlforge.training.bases import load_model
from xlforge.training.order import order
from xlforge.training.run import TrainingRun

_CHECKPOINTS = 20
"""How many are written in one training, and how often the validation loss is measured; the last two are kept."""
_LORA = {"r", "lora_alpha", "lora_dropout", "target_modules"}
_OPTIMIZER = {"learning_rate", "lr_scheduler_type", "weight_decay", "max_grad_norm"}
_TRL = _OPTIMIZER | {"packing", "gradient_checkpointing", "seed"}
"""Keys of the recipe that LoraConfig and SFTConfig take as they are."""


@dataclass(frozen=True)
class Trained:
    """A trained adapter.

    Args:
        model: the base with the adapter.
        losses: of each step, the mean over the completion's tokens, in nats.
        validation: step to loss over the rows that are held out, the mean over their batches.
        tokens: read in all steps together.
        parameters: of the adapter.
    """

    model: Any
    losses: list[float]
    validation: dict[int, float]
    tokens: int
    parameters: int


def train(run: TrainingRun, folder: Path, progress: Steps) -> Trained:
    """Trains the adapter, from the latest complete checkpoint in `folder` if there is one.

    Raises:
        BuildError: the processes cannot share a step evenly, early stopping has no row to measure, or the loss is not a finite number.
    """
    trainer = build_trainer(run, folder)
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(_Callback(trainer, folder, progress))
    if run.student.early_stopping:
        trainer.add_callback(EarlyStoppingCallback(run.student.early_stopping))
    resume = checkpoints.latest(folder)
    if trainer.is_world_process_zero():
        progress.begin(trainer.total_steps, checkpoints.step(resume))
    try:
        trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    finally:
        progress.close()
    history = trainer.state.log_history
    losses = [entry["loss"] for entry in history if "loss" in entry]
    validation = {int(entry["step"]): entry["eval_loss"] for entry in history if "eval_loss" in entry}
    adapted = trainer.accelerator.unwrap_model(trainer.model)
    parameters, _ = adapted.get_nb_trainable_parameters()
    return Trained(adapted, losses, validation, trainer.tokens_read(0, len(losses)), parameters)


def build_trainer(run: TrainingRun, folder: Path) -> "_Trainer":
    """The trainer with model, adapter and examples, before its first step."""
    recipe = run.student
    model = load_model(run.base, recipe, run.device)
    torch.set_num_threads(recipe.threads)
    if run.device != "cpu":
        _use_deterministic_kernels()
    lora = LoraConfig(task_type="CAUSAL_LM", **recipe.model_dump(mode="json", include=_LORA))
    options: dict[str, Any] = {"processing_class": run.tokenizer, "peft_config": lora}
    if run.held_out:
        options["eval_dataset"] = _dataset(run.held_out)
    trainer = _Trainer(model, _config(run, folder), train_dataset=_dataset(run.examples), **options)
    trainer.fix_order(run)
    return trainer


def _dataset(rows: list[Row]) -> Dataset:
    return Dataset.from_list([{key: row[key] for key in ("prompt", "completion")} for row in rows])


def _use_deterministic_kernels() -> None:
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False


def _config(run: TrainingRun, folder: Path) -> SFTConfig:
    recipe = run.student
    passes = recipe.gradient_accumulation_steps
    if passes % run.processes:
        raise BuildError(
            f"{run.processes} processes cannot share gradient_accumulation_steps: {passes} evenly: write a multiple of "
            f"{run.processes} in params.yaml (a step still has train_batch_size examples), or start fewer processes"
        )
    if recipe.early_stopping and not run.held_out:
        raise BuildError(
            f"early_stopping: {recipe.early_stopping} follows the validation loss, and validation: {recipe.validation} holds out no "
            "usable row of so few: raise it in params.yaml, or write early_stopping: null"
        )
    return SFTConfig(
        **recipe.model_dump(include=_TRL),
        output_dir=str(folder),
        max_length=recipe.max_length if recipe.packing else None,  # longer rows are rejected before, so nothing is cut
        completion_only_loss=True,
        warmup_steps=recipe.warmup_ratio,  # transformers reads a value below 1 as a ratio
        num_train_epochs=1,  # the order has all epochs
        per_device_train_batch_size=recipe.train_batch_size // passes,
        gradient_accumulation_steps=passes // run.processes,
        bf16=recipe.dtype == "bfloat16",
        use_cpu=run.device == "cpu",
        dataloader_pin_memory=run.device != "cpu",
        ddp_find_unused_parameters=False,
        logging_steps=1,
        logging_nan_inf_filter=False,
        save_steps=1 / _CHECKPOINTS,  # transformers reads a value below 1 as a share of all steps
        save_total_limit=2,
        eval_strategy="steps" if run.held_out else "no",
        eval_steps=1 / _CHECKPOINTS,
        per_device_eval_batch_size=recipe.train_batch_size // passes,
        prediction_loss_only=True,
        load_best_model_at_end=bool(recipe.early_stopping),
        metric_for_best_model="loss",
        greater_is_better=False,
        restore_callback_states_from_checkpoint=True,
        disable_tqdm=True,
    )


class _Trainer(SFTTrainer):  # type: ignore[misc]
    """SFTTrainer with our order of examples, and with a loss for CPUs."""

    total_steps: int
    _order: list[int]
    _lengths: list[int]

    def fix_order(self, run: TrainingRun) -> None:
        """Sets the order of the examples. Raises BuildError if the trainer's examples are not those that were counted."""
        recipe, rows = run.student, run.examples
        self._lengths = [len(ids) for ids in cast(Dataset, self.train_dataset)["input_ids"]]
        counted = sum(row["prompt_tokens"] + row["completion_tokens"] for row in rows)
        if sum(self._lengths) != counted or (len(self._lengths) != len(rows) and not recipe.packing):
            what = f"the trainer has {len(self._lengths)} examples of {sum(self._lengths)} tokens"
            raise BuildError(f"{what}, but {len(rows)} rows of {counted} tokens were counted; please report this")
        batch = recipe.train_batch_size
        size = batch // recipe.gradient_accumulation_steps
        self._order = order(self._lengths, recipe.num_train_epochs, batch, size, recipe.seed)
        self.total_steps = len(self._order) // batch

    def tokens_read(self, first: int, last: int) -> int:
        """Tokens of the examples from step `first` up to, without, step `last`."""
        batch = len(self._order) // self.total_steps
        return sum(self._lengths[index] for index in self._order[first * batch : last * batch])

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        return self._order

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Does nothing: checkpoints need no card."""

    def compute_loss(
        self, model: Any, inputs: dict[str, Any], return_outputs: bool = False, num_items_in_batch: Any = None
    ) -> Any:
        """TRL's loss. Its fused kernel is for GPUs and slower than the model on a CPU; there the same sum is computed plainly."""
        if self.args.device.type != "cpu" or return_outputs or num_items_in_batch is None:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)  # type: ignore[no-untyped-call]
        labels = inputs.pop("labels")[:, 1:]
        in_loss = (labels != -100).any(0).nonzero().squeeze(-1)
        logits = model(**inputs, logits_to_keep=in_loss, use_cache=False).logits
        total = F.cross_entropy(logits.flatten(0, 1).float(), labels[:, in_loss].flatten(), reduction="sum")
        return total / num_items_in_batch * self.accelerator.num_processes


class _Callback(TrainerCallback):  # type: ignore[misc]
    """Shows progress, stops at a loss that is not a number, and marks complete checkpoints."""

    def __init__(self, trainer: _Trainer, folder: Path, progress: Steps) -> None:
        self._trainer, self._folder, self._progress = trainer, folder, progress

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        if logs and not math.isfinite(logs.get("loss", 0.0)):
            what = f"the loss is {logs['loss']} after step {state.global_step}"
            raise BuildError(f"{what}: lower learning_rate in params.yaml, or raise warmup_ratio")
        if logs and "loss" in logs and state.is_world_process_zero:
            self._progress.add(self._trainer.tokens_read(state.global_step - 1, state.global_step), logs["loss"])

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        PartialState().wait_for_everyone()
        # Where early stopping ends a training, one that continued from here would make another step.
        ends_early = control.should_training_stop and state.global_step < state.max_steps
        if state.is_world_process_zero and not ends_early:
            checkpoints.mark_complete(self._folder, state.global_step)
