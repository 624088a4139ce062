"""Training the pocket teacher from scratch: `python -m pocket.train` (about an hour on two idle cores).

Every example is new (fresh names, fresh facts) and is seen once. Loss is taken on the answers only. Batches hold
examples of like length, so little is padding. The learning rate warms up, holds and falls along a cosine. The model computes in
float32 and is written in float16; a usable directory is written early and replaced as training goes on.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import click
import torch
import torch.multiprocessing
from torch.nn.functional import cross_entropy
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from pocket import tokenizer as tokenizers
from pocket.jobs import JOBS, Example

TEACHER = Path(__file__).resolve().parents[1] / "models/pocket/teacher"
_IGNORE = -100
_ANSWER, _ANSWER_END = "<answer>\n", "\n</answer>"


@dataclass(frozen=True)
class Stretch:
    """A part of the training with its own course of the learning rate, starting from the weights written before it.

    A step of every worker is `pieces` batches of `tokens` tokens each: several short ones mix the jobs. weights: how often
    each job is drawn. read_along: also learn to foresee the answer inside a grading prompt, which holds the passage's facts.
    """

    steps: int
    learning_rate: float
    pieces: int
    tokens: int
    weights: Mapping[str, float]
    read_along: bool = False
    export_every: int = 200


STRETCHES = (
    Stretch(
        steps=1400,
        learning_rate=3e-3,
        pieces=1,
        tokens=4096,
        weights={"brief": 1.0, "answer": 2.5, "question": 0.6, "scores": 2.5, "translation": 3.0, "selection": 2.5},
    ),
    Stretch(
        steps=1800,
        learning_rate=2e-3,
        pieces=4,
        tokens=1024,
        weights={"brief": 0.5, "answer": 3.5, "question": 0.3, "scores": 2.0, "translation": 3.0, "selection": 3.5},
        read_along=True,
        export_every=600,
    ),
)


@dataclass(frozen=True)
class Recipe:
    """The model's shape, and how it is trained.

    workers: processes of one thread each, which share busy cores better than threads do; their number changes the result.
    """

    stretches: tuple[Stretch, ...] = STRETCHES
    workers: int = 2
    warmup: int = 60
    hidden: int = 192
    layers: int = 4
    heads: int = 6
    kv_heads: int = 2
    feed_forward: int = 576
    seed: int = 1


Batch = tuple[torch.Tensor, torch.Tensor]
Row = tuple[list[int], list[int]]


def encode(tokenizer: PreTrainedTokenizerFast, examples: list[Example], read_along: bool = False) -> list[Row]:
    """Examples as (ids, labels) of the chat template; labels are set on the answer, and on what is read along."""
    special: Any = tokenizer.convert_tokens_to_ids(["<|user|>", "<|assistant|>", "<|end|>"])
    user, assistant, end = special
    texts = [text for example in examples for text in (example.prompt, example.answer)]
    encoded: Any = tokenizer(texts, add_special_tokens=False)
    rows = []
    for at, example in enumerate(examples):
        prompt, answer = encoded["input_ids"][2 * at], encoded["input_ids"][2 * at + 1]
        labels = [_IGNORE] * (len(prompt) + 3)
        if read_along and example.job == "scores":
            first = encoded.char_to_token(2 * at, example.prompt.rindex(_ANSWER) + len(_ANSWER))
            last = encoded.char_to_token(2 * at, len(example.prompt) - len(_ANSWER_END))
            labels[1 + first : 1 + last] = prompt[first:last]
        rows.append(([user, *prompt, end, assistant, *answer, end], [*labels, *answer, end]))
    return rows


def batches(tokenizer: PreTrainedTokenizerFast, stretch: Stretch, rng: Random, pool: int = 3072) -> Iterator[Batch]:
    """Endless batches (ids, labels), each [rows, length], of rows of like length, padded on the right."""
    pad: Any = tokenizer.pad_token_id
    while True:
        jobs = rng.choices(list(stretch.weights), list(stretch.weights.values()), k=pool)
        encoded = encode(tokenizer, [JOBS[job](rng, "train") for job in jobs], stretch.read_along)
        encoded.sort(key=lambda row: len(row[0]))
        groups: list[list[Row]] = [[]]
        for row in encoded:
            if groups[-1] and len(row[0]) * (len(groups[-1]) + 1) > stretch.tokens:
                groups.append([])
            groups[-1].append(row)
        rng.shuffle(groups)
        for rows in groups:
            length = -(-max(len(ids) for ids, _ in rows) // 16) * 16
            batch = torch.full((len(rows), length), pad), torch.full((len(rows), length), _IGNORE)
            for at, (ids, labels) in enumerate(rows):
                batch[0][at, : len(ids)] = torch.tensor(ids)
                batch[1][at, : len(labels)] = torch.tensor(labels)
            yield batch


def rate(step: int, stretch: Stretch, warmup: int) -> float:
    """The learning rate at a step: linear warm-up, then half a cosine down to a hundredth."""
    if step < warmup:
        return stretch.learning_rate * (step + 1) / warmup
    done = (step - warmup) / max(1, stretch.steps - warmup)
    return stretch.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


def build_model(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A Llama with fresh weights, the same for the same seed."""
    torch.manual_seed(recipe.seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=recipe.hidden,
        intermediate_size=recipe.feed_forward,
        num_hidden_layers=recipe.layers,
        num_attention_heads=recipe.heads,
        num_key_value_heads=recipe.kv_heads,
        head_dim=recipe.hidden // recipe.heads,
        max_position_embeddings=tokenizers.CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return LlamaForCausalLM(config)  # type: ignore[no-untyped-call]


def optimizers_for(model: LlamaForCausalLM, rate: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW for embeddings and gains; one learning rate fits both."""
    inner = [weight for name, weight in model.named_parameters() if weight.ndim == 2 and "layers" in name]
    outer = [weight for name, weight in model.named_parameters() if weight.ndim != 2 or "layers" not in name]
    return [
        torch.optim.Muon(inner, lr=rate, weight_decay=0.02, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(outer, lr=rate, betas=(0.9, 0.98), weight_decay=0.0, fused=True),
    ]


def export(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Write the model in float16 with its tokenizer, and put the folder in place of an older one at once."""
    fresh, old = folder.with_name(folder.name + ".new"), folder.with_name(folder.name + ".old")
    shutil.rmtree(fresh, ignore_errors=True)
    copy = LlamaForCausalLM(model.config)  # type: ignore[no-untyped-call]
    copy.load_state_dict(model.state_dict())
    copy.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, max_new_tokens=256
    )
    copy.half().save_pretrained(fresh)  # type: ignore[no-untyped-call]
    tokenizer.save_pretrained(fresh)
    (fresh / "model.safetensors").chmod(0o644)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


class _Team(NamedTuple):
    """What the workers share. number: of the stretch; gradients: [workers, parameters], in shared memory; meet: where
    they wait for each other."""

    recipe: Recipe
    number: int
    gradients: torch.Tensor
    meet: Barrier


def _average(team: _Team, weights: list[torch.nn.Parameter], rank: int) -> None:
    """Put the mean of all workers' gradients in place of this worker's."""
    mine = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in weights]
    torch.cat([gradient.reshape(-1) for gradient in mine], out=team.gradients[rank])
    team.meet.wait()
    mean = team.gradients.mean(0)
    team.meet.wait()
    for weight, part in zip(weights, torch.split(mean, [weight.numel() for weight in weights]), strict=True):
        weight.grad = part.view_as(weight).clone()


def _learn(model: LlamaForCausalLM, pieces: list[Batch]) -> float:
    """Add the gradient of the pieces' mean loss over all their labels; the mean loss."""
    total, mean = sum(int((labels[:, 1:] != _IGNORE).sum()) for _, labels in pieces), 0.0
    for ids, labels in pieces:
        wanted = labels[:, 1:]
        kept = wanted != _IGNORE
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
            logits = model.lm_head(hidden[kept])
        loss = cross_entropy(logits.float(), wanted[kept]) * (int(kept.sum()) / total)
        loss.backward()  # type: ignore[no-untyped-call]
        mean += loss.item()
    return mean


def _work(rank: int, team: _Team, folder: Path, log: Path) -> None:
    """One worker: every worker holds the same model, reads its own examples, and steps by the mean gradient."""
    torch.set_num_threads(1)
    recipe, number = team.recipe, team.number
    stretch, tokenizer = recipe.stretches[number], tokenizers.build()
    model = build_model(recipe, tokenizer)
    if number:
        model.load_state_dict(LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).state_dict())
    weights, optimizers = list(model.parameters()), optimizers_for(model, stretch.learning_rate)
    source = batches(tokenizer, stretch, Random(f"{recipe.seed} {rank}" + (f" {number}" if number else "")))
    started, seen, mean = time.monotonic(), 0, 0.0
    team.meet.wait()
    for step in range(stretch.steps):
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = rate(step, stretch, recipe.warmup)
        pieces = list(islice(source, stretch.pieces))
        loss = _learn(model, pieces)
        _average(team, weights, rank)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if rank:
            continue
        seen += sum(ids.numel() for ids, _ in pieces) * recipe.workers
        mean = loss if step == 0 else 0.95 * mean + 0.05 * loss
        if step % 25 == 0:
            spent = time.monotonic() - started
            progress = {"stretch": number, "step": step, "loss": round(mean, 4), "seconds": round(spent)}
            with log.open("a") as lines:
                lines.write(json.dumps({**progress, "tokens_per_second": round(seen / spent)}) + "\n")
        if step and step % stretch.export_every == 0:
            export(model, tokenizer, folder)
    if rank == 0:
        export(model, tokenizer, folder)


def train(recipe: Recipe, folder: Path, log: Path, first: int = 0) -> None:
    """Train through the recipe's stretches from one on, writing the folder now and then and progress to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    size = sum(weight.numel() for weight in build_model(recipe, tokenizers.build()).parameters())
    for number in range(first, len(recipe.stretches)):
        gradients = torch.zeros(recipe.workers, size)
        torch.Tensor.share_memory_(gradients)  # type: ignore[no-untyped-call]
        team = _Team(recipe, number, gradients, torch.multiprocessing.get_context("spawn").Barrier(recipe.workers))
        torch.multiprocessing.spawn(  # type: ignore[no-untyped-call,attr-defined]
            _work, (team, folder, log), nprocs=recipe.workers
        )


@click.command()
@click.option(
    "--from", "first", default=0, show_default=True, help="The stretch to begin with: 1 goes on from the folder."
)
@click.option("--folder", default=TEACHER, type=click.Path(path_type=Path), show_default=True)
@click.option(
    "--log", default=Path(".xlforge/pocket/teacher.jsonl"), type=click.Path(path_type=Path), show_default=True
)
def main(first: int, folder: Path, log: Path) -> None:
    """Train the pocket teacher and write it as a Hugging Face model directory."""
    train(Recipe(), folder, log, first)


if __name__ == "__main__":
    main()
