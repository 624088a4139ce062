"""Training the pocket models from scratch: `python -m pocket.train teacher` and `student` (about 50 and 20 minutes on two idle cores).

Every example of the teacher is new (fresh names, fresh facts) and is seen once; the student reads the same world again and again.
Loss is taken on answers and on texts, not on prompts. A batch holds examples of like length, so little is padding, and a step
several batches, so that it holds every job. The learning rate warms up and falls along a cosine. The model computes in float32
(its products in bfloat16) and is written in float16; a usable directory is written early and replaced as training goes on.
"""

from __future__ import annotations

import json
import math
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
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

from pocket import jobs, world
from pocket import tokenizer as tokenizers
from pocket.jobs import Example
from pocket.world import Reading

MODELS = Path(__file__).resolve().parents[1] / "models/pocket"
_IGNORE = -100
_ANSWER, _ANSWER_END = "<answer>\n", "\n</answer>"


@dataclass(frozen=True)
class Recipe:
    """The model's shape, what it reads, and how it is trained.

    A step of every worker is `pieces` batches of `tokens` tokens each. read_along: also learn to foresee the answer inside a
    grading prompt, which holds the passage's facts. workers: processes of one thread each, which share busy cores better than
    threads do; their number changes the result.
    """

    draw: Callable[[Random], Example | Reading]
    steps: int
    learning_rate: float = 3e-3
    pieces: int = 4
    tokens: int = 1024
    read_along: bool = False
    workers: int = 2
    warmup: int = 60
    hidden: int = 192
    layers: int = 4
    heads: int = 6
    kv_heads: int = 2
    feed_forward: int = 576
    seed: int = 1
    export_every: int = 400


RECIPES = {
    "teacher": Recipe(jobs.draw, steps=2800, read_along=True),
    "student": Recipe(world.draw, steps=1300, hidden=128, heads=4, kv_heads=2, feed_forward=384),
}


Batch = tuple[torch.Tensor, torch.Tensor]
Row = tuple[list[int], list[int]]


def encode(
    tokenizer: PreTrainedTokenizerFast, examples: list[Example | Reading], read_along: bool = False
) -> list[Row]:
    """Examples as (ids, labels) of the chat template, and texts as they are; labels are set on what is to be foreseen."""
    special: Any = tokenizer.convert_tokens_to_ids(["<|user|>", "<|assistant|>", "<|end|>"])
    user, assistant, end = special
    texts = [text for example in examples for text in (example.prompt or "", example.answer)]
    encoded: Any = tokenizer(texts, add_special_tokens=False)
    rows = []
    for at, example in enumerate(examples):
        prompt, answer = encoded["input_ids"][2 * at], encoded["input_ids"][2 * at + 1]
        if example.prompt is None:
            rows.append(([*answer, end], [*answer, end]))
            continue
        labels = [_IGNORE] * (len(prompt) + 3)
        if read_along and isinstance(example, Example) and example.job == "scores":
            first = encoded.char_to_token(2 * at, example.prompt.rindex(_ANSWER) + len(_ANSWER))
            last = encoded.char_to_token(2 * at, len(example.prompt) - len(_ANSWER_END))
            labels[1 + first : 1 + last] = prompt[first:last]
        rows.append(([user, *prompt, end, assistant, *answer, end], [*labels, *answer, end]))
    return rows


def batches(tokenizer: PreTrainedTokenizerFast, recipe: Recipe, rng: Random, pool: int = 3072) -> Iterator[Batch]:
    """Endless batches (ids, labels), each [rows, length], of rows of like length, padded on the right."""
    pad: Any = tokenizer.pad_token_id
    while True:
        encoded = encode(tokenizer, [recipe.draw(rng) for _ in range(pool)], recipe.read_along)
        encoded.sort(key=lambda row: len(row[0]))
        groups: list[list[Row]] = [[]]
        for row in encoded:
            if groups[-1] and len(row[0]) * (len(groups[-1]) + 1) > recipe.tokens:
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
    """What the workers share. gradients: [workers, parameters], in shared memory; meet: where they wait for each other."""

    recipe: Recipe
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
    recipe, tokenizer = team.recipe, tokenizers.build()
    model = build_model(recipe, tokenizer)
    weights, optimizers = list(model.parameters()), optimizers_for(model, recipe.learning_rate)
    source = batches(tokenizer, recipe, Random(f"{recipe.seed} {rank}"))
    started, seen, mean = time.monotonic(), 0, 0.0
    team.meet.wait()
    for step in range(recipe.steps):
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = rate(step, recipe)
        pieces = list(islice(source, recipe.pieces))
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
            progress = {"step": step, "loss": round(mean, 4), "seconds": round(spent)}
            with log.open("a") as lines:
                lines.write(json.dumps({**progress, "tokens_per_second": round(seen / spent)}) + "\n")
        if step and step % recipe.export_every == 0:
            export(model, tokenizer, folder)
    if rank == 0:
        export(model, tokenizer, folder)


def train(recipe: Recipe, folder: Path, log: Path) -> None:
    """Train from scratch, writing the folder now and then and progress to the log."""
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    size = sum(weight.numel() for weight in build_model(recipe, tokenizers.build()).parameters())
    gradients = torch.zeros(recipe.workers, size)
    torch.Tensor.share_memory_(gradients)  # type: ignore[no-untyped-call]
    team = _Team(recipe, gradients, torch.multiprocessing.get_context("spawn").Barrier(recipe.workers))
    torch.multiprocessing.spawn(_work, (team, folder, log), nprocs=recipe.workers)  # type: ignore[no-untyped-call,attr-defined]


@click.command()
@click.argument("name", type=click.Choice(list(RECIPES)))
@click.option("--folder", type=click.Path(path_type=Path), help="Where to write it; models/pocket/NAME if not given.")
@click.option("--steps", type=int, help="Fewer steps than the recipe's, to try it.")
def main(name: str, folder: Path | None, steps: int | None) -> None:
    """Train a pocket model and write it as a Hugging Face model directory; progress goes to .xlforge/pocket/NAME.jsonl."""
    recipe = RECIPES[name]
    train(replace(recipe, steps=steps or recipe.steps), folder or MODELS / name, Path(f".xlforge/pocket/{name}.jsonl"))


if __name__ == "__main__":
    main()
