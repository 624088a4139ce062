"""Training the pocket teacher from scratch: `python -m pocket.train` (about 35 minutes on two cores).

Every example is new (fresh names, fresh facts) and is seen once. Loss is taken on the answers only. Batches hold
examples of like length, so little is padding. The learning rate warms up, holds and falls along a cosine. The model computes in
float32 and is written in float16; a usable directory is written early and replaced as training goes on.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
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
from pocket.jobs import JOBS

TEACHER = Path(__file__).resolve().parents[1] / "models/pocket/teacher"
_WEIGHTS = {"brief": 1.0, "answer": 2.5, "question": 0.6, "scores": 2.5, "translation": 3.0, "selection": 2.5}
_IGNORE = -100


@dataclass(frozen=True)
class Recipe:
    """steps of workers × batch_tokens tokens; learning_rate at its height; the model's shape; how often it is written.

    workers: processes of one thread each, which share two busy cores better than two threads do; their number changes the result.
    """

    steps: int = 1400
    batch_tokens: int = 4096
    workers: int = 2
    learning_rate: float = 3e-3
    warmup: int = 60
    export_every: int = 200
    hidden: int = 192
    layers: int = 4
    heads: int = 6
    kv_heads: int = 2
    feed_forward: int = 576
    seed: int = 1


Batch = tuple[torch.Tensor, torch.Tensor]


def encode(tokenizer: PreTrainedTokenizerFast, pairs: list[tuple[str, str]]) -> list[tuple[list[int], list[int]]]:
    """(prompt, answer) pairs as the ids of the chat template's two parts."""
    special: Any = tokenizer.convert_tokens_to_ids(["<|user|>", "<|assistant|>", "<|end|>"])
    user, assistant, end = special
    flat: Any = tokenizer([text for pair in pairs for text in pair], add_special_tokens=False)["input_ids"]
    prompts = [[user, *ids, end, assistant] for ids in flat[::2]]
    return list(zip(prompts, [[*ids, end] for ids in flat[1::2]], strict=True))


def batches(tokenizer: PreTrainedTokenizerFast, recipe: Recipe, rank: int, pool: int = 3072) -> Iterator[Batch]:
    """Endless batches (ids, labels), each [rows, length], padded on the right; labels are set on answers only."""
    rng = Random(f"{recipe.seed} {rank}")
    pad = tokenizer.pad_token_id
    while True:
        jobs = rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()), k=pool)
        examples = [JOBS[job](rng, "train") for job in jobs]
        encoded = encode(tokenizer, [(example.prompt, example.answer) for example in examples])
        encoded.sort(key=lambda pair: len(pair[0]) + len(pair[1]))
        groups: list[list[tuple[list[int], list[int]]]] = []
        group: list[tuple[list[int], list[int]]] = []
        for pair in encoded:
            length = len(pair[0]) + len(pair[1])
            if group and length * (len(group) + 1) > recipe.batch_tokens:
                groups.append(group)
                group = []
            group.append(pair)
        rng.shuffle(groups)
        for rows in groups:
            length = -(-max(len(prompt) + len(answer) for prompt, answer in rows) // 16) * 16
            ids = torch.full((len(rows), length), pad)
            labels = torch.full((len(rows), length), _IGNORE)
            for at, (prompt, answer) in enumerate(rows):
                ids[at, : len(prompt) + len(answer)] = torch.tensor(prompt + answer)
                labels[at, len(prompt) : len(prompt) + len(answer)] = torch.tensor(answer)
            yield ids, labels


def rate(step: int, recipe: Recipe) -> float:
    """The learning rate at a step: linear warm-up, then half a cosine down to a hundredth."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


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


def optimizers_for(model: LlamaForCausalLM, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the matrices of the layers, AdamW for embeddings and gains; one learning rate fits both."""
    inner = [weight for name, weight in model.named_parameters() if weight.ndim == 2 and "layers" in name]
    outer = [weight for name, weight in model.named_parameters() if weight.ndim != 2 or "layers" not in name]
    rate = recipe.learning_rate
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
    """What the workers share: gradients [workers, parameters], in shared memory, and where they wait for each other."""

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


def _work(rank: int, recipe: Recipe, folder: Path, log: Path, team: _Team) -> None:
    """One worker: every worker holds the same model, reads its own examples, and steps by the mean gradient."""
    torch.set_num_threads(1)
    tokenizer = tokenizers.build()
    model = build_model(recipe, tokenizer)
    weights = list(model.parameters())
    optimizers = optimizers_for(model, recipe)
    started, seen, mean = time.monotonic(), 0, 0.0
    for step, (ids, labels) in zip(range(recipe.steps), batches(tokenizer, recipe, rank), strict=False):
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = rate(step, recipe)
        wanted = labels[:, 1:]
        kept = wanted != _IGNORE
        with torch.autocast("cpu", dtype=torch.bfloat16):
            hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1]
            logits = model.lm_head(hidden[kept])
        loss = cross_entropy(logits.float(), wanted[kept])
        loss.backward()  # type: ignore[no-untyped-call]
        _average(team, weights, rank)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if rank:
            continue
        seen += ids.numel() * recipe.workers
        mean = loss.item() if step == 0 else 0.95 * mean + 0.05 * loss.item()
        if step % 25 == 0:
            spent = time.monotonic() - started
            line = {
                "step": step,
                "loss": round(mean, 4),
                "seconds": round(spent),
                "tokens_per_second": round(seen / spent),
            }
            with log.open("a") as lines:
                lines.write(json.dumps(line) + "\n")
        if step and step % recipe.export_every == 0:
            export(model, tokenizer, folder)
    if rank == 0:
        export(model, tokenizer, folder)


def train(recipe: Recipe, folder: Path, log: Path) -> None:
    """Train to the recipe's last step, writing the folder now and then and a line of progress to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    size = sum(weight.numel() for weight in build_model(recipe, tokenizers.build()).parameters())
    gradients = torch.zeros(recipe.workers, size)
    torch.Tensor.share_memory_(gradients)  # type: ignore[no-untyped-call]
    meet = torch.multiprocessing.get_context("spawn").Barrier(recipe.workers)
    torch.multiprocessing.spawn(_work, (recipe, folder, log, _Team(gradients, meet)), nprocs=recipe.workers)  # type: ignore[no-untyped-call,attr-defined]


@click.command()
@click.option("--steps", default=Recipe.steps, show_default=True)
@click.option("--learning-rate", default=Recipe.learning_rate, show_default=True)
@click.option("--batch-tokens", default=Recipe.batch_tokens, show_default=True)
@click.option("--folder", default=TEACHER, type=click.Path(path_type=Path), show_default=True)
@click.option(
    "--log", default=Path(".xlforge/pocket/teacher.jsonl"), type=click.Path(path_type=Path), show_default=True
)
def main(steps: int, learning_rate: float, batch_tokens: int, folder: Path, log: Path) -> None:
    """Train the pocket teacher and write it as a Hugging Face model directory."""
    recipe = Recipe(steps=steps, learning_rate=learning_rate, batch_tokens=batch_tokens)
    train(recipe, folder, log)


if __name__ == "__main__":
    main()
