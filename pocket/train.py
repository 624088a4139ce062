"""Training the pocket models from scratch: `python -m pocket.train teacher`, `comparing`, `judging`, `verdicts`, `student`.

On two idle cores they take about 50, 20, 20, 30 and 20 minutes. `comparing` goes on from the teacher, and `judging` from what comes of it,
the judge: they teach to compare, which the teacher does not learn by the way. A head that is thrown away in the end says at every
token of an answer to be graded whether it agrees with the passage, from what the layer before the last knows. So small a model
forgets its languages over that, and so the judge is a model of its own. `verdicts` goes on from the judge, with pairs of answers in
every language (`pocket.verdicts`), and is the judge that ships.

Every example of the teacher is new (fresh names, fresh facts) and is seen once; the student reads the same world again and again.
Loss is taken on answers and on texts, not on prompts. A batch holds examples of like length, so little is padding, and a step
several batches, so that it holds every job. The learning rate warms up and falls along a cosine. The model computes in float32
(the teacher's products in bfloat16: fast where the processor has them, slow elsewhere) and is written in float16; a
usable directory is written early and replaced as training goes on.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from multiprocessing.synchronize import Barrier
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import click
import torch
import torch.multiprocessing
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from pocket import jobs, verdicts, world
from pocket import tokenizer as tokenizers
from pocket.jobs import Example
from pocket.world import Reading

MODELS = Path(__file__).resolve().parents[1] / "models/pocket"
_IGNORE = -100
_MARK, _LETTER = 5.0, 40.0
_SIDES = ("answer_a", "answer_b")


@dataclass(frozen=True)
class Recipe:
    """The model's shape, what it reads, and how it is trained.

    A step of every worker is `pieces` batches of `tokens` tokens each. read_along: also learn to foresee the answer inside a
    grading prompt, which holds the passage's facts. workers: processes of one thread each, which share busy cores better than
    threads do; their number changes the result. goes_on: from the weights of the model of that name, instead of fresh ones.
    model: what it is written as, if not the recipe's own name.
    compare: also learn which of the answer's claims agree with the passage, and foresee those alone; and a mark in the
    verdict counts as much as five other tokens, the letter of the better answer as much as forty. bfloat16: of the products.
    muon: the optimizer of the layers' matrices.
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
    goes_on: str | None = None
    model: str | None = None
    compare: bool = False
    bfloat16: bool = True
    muon: bool = True


_COMPARING = Recipe(
    jobs.draw_comparing,
    steps=4400,
    learning_rate=2e-3,
    pieces=1,
    read_along=True,
    goes_on="teacher",
    model="judge",
    compare=True,
    bfloat16=False,
    muon=False,
)
RECIPES = {
    "teacher": Recipe(jobs.draw, steps=2800, read_along=True),
    "comparing": _COMPARING,
    "judging": replace(_COMPARING, draw=jobs.draw_judging, learning_rate=1.5e-3, steps=4000, seed=2, goes_on="judge"),
    "verdicts": replace(_COMPARING, draw=verdicts.draw, learning_rate=1.5e-3, steps=6000, seed=3, goes_on="judge"),
    "student": Recipe(world.draw, steps=900, hidden=128, heads=4, kv_heads=2, feed_forward=384, bfloat16=False),
}


class Batch(NamedTuple):
    """Token ids, the labels to be foreseen, whether each token agrees with what is true, and whether it is in favour of answer A.

    Labels of each are _IGNORE where there is none; [rows, length].
    """

    ids: torch.Tensor
    labels: torch.Tensor
    agree: torch.Tensor
    favours: torch.Tensor


Row = tuple[list[int], list[int], list[int], list[int]]


def encode(
    tokenizer: PreTrainedTokenizerFast,
    examples: list[Example | Reading],
    read_along: bool = False,
    compare: bool = False,
) -> list[Row]:
    """Examples as rows of a batch by the chat template, and texts as they are; labels are set on what is to be foreseen."""
    special: Any = tokenizer.convert_tokens_to_ids(["<|user|>", "<|assistant|>", "<|end|>"])
    user, assistant, end = special
    texts = [text for example in examples for text in (example.prompt or "", example.answer)]
    encoded: Any = tokenizer(texts, add_special_tokens=False)
    rows = []
    for at, example in enumerate(examples):
        prompt, answer = encoded["input_ids"][2 * at], encoded["input_ids"][2 * at + 1]
        if example.prompt is None:
            blank = [_IGNORE] * (len(answer) + 1)
            rows.append(([*answer, end], [*answer, end], blank, blank))
            continue
        labels = [_IGNORE] * (len(prompt) + 3)
        agree, favours = ([_IGNORE] * (len(prompt) + len(answer) + 4) for _ in range(2))
        if read_along and isinstance(example, Example) and example.claims:
            asked = encoded[2 * at]
            for tag, claims in example.claims.items():
                opened, closed = (example.prompt.rindex(part) for part in (f"<{tag}>\n", f"\n</{tag}>"))
                first, last = asked.char_to_token(opened + len(f"<{tag}>\n")), asked.char_to_token(closed)
                labels[1 + first : 1 + last] = prompt[first:last]
                for token, agrees in _compared(example.prompt, opened, closed, claims, asked) if compare else ():
                    agree[1 + token] = agrees
                    labels[1 + token] = prompt[token] if agrees else _IGNORE
                    if tag in _SIDES:
                        favours[1 + token] = (agrees and tag not in example.against) == (tag == _SIDES[0])
        rows.append(([user, *prompt, end, assistant, *answer, end], [*labels, *answer, end], agree, favours))
    return rows


def _compared(
    prompt: str, start: int, stop: int, claims: Iterable[tuple[str, str]], encoded: Any
) -> Iterator[tuple[int, bool]]:
    """Each token of the claims of an answer, and whether the claim agrees with the truth as far as that token goes.

    The answer is prompt[start:stop]. encoded: of the prompt, with `char_to_token` and `token_to_chars`.
    """
    for said, true in claims:
        for found in re.finditer(rf"(?<!\w){re.escape(said)}(?!\w)", prompt[start:stop]):
            begin, end = start + found.start(), start + found.end()
            for token in range(encoded.char_to_token(begin), encoded.char_to_token(end - 1) + 1):
                upto = min(end, encoded.token_to_chars(token)[1]) - begin
                yield token, said == true if upto == len(said) else true.startswith(said[:upto])


def batches(tokenizer: PreTrainedTokenizerFast, recipe: Recipe, rng: Random, pool: int = 3072) -> Iterator[Batch]:
    """Endless batches of rows of like length, padded on the right."""
    pad: Any = tokenizer.pad_token_id
    while True:
        encoded = encode(tokenizer, [recipe.draw(rng) for _ in range(pool)], recipe.read_along, recipe.compare)
        encoded.sort(key=lambda row: len(row[0]))
        groups: list[list[Row]] = [[]]
        for row in encoded:
            if groups[-1] and len(row[0]) * (len(groups[-1]) + 1) > recipe.tokens:
                groups.append([])
            groups[-1].append(row)
        rng.shuffle(groups)
        for rows in groups:
            shape = len(rows), -(-max(len(row[0]) for row in rows) // 16) * 16
            batch = Batch(*(torch.full(shape, blank) for blank in (pad, _IGNORE, _IGNORE, _IGNORE)))
            for at, row in enumerate(rows):
                for tensor, numbers in zip(batch, row, strict=True):
                    tensor[at, : len(numbers)] = torch.tensor(numbers)
            yield batch


def rate(step: int, recipe: Recipe) -> float:
    """The learning rate at a step: linear warm-up, then half a cosine down to a hundredth."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
    return recipe.learning_rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))


def build_model(recipe: Recipe, tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """A Llama with fresh weights, the same for the same seed; or with those of the model that the recipe goes on from."""
    torch.manual_seed(recipe.seed)
    if recipe.goes_on:
        return LlamaForCausalLM.from_pretrained(MODELS / recipe.goes_on, dtype=torch.float32)  # type: ignore[no-any-return]
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


def optimizers_for(model: LlamaForCausalLM, rate: float, muon: bool) -> list[torch.optim.Optimizer]:
    """Muon, if wanted, for the matrices of the layers, AdamW for the rest; one learning rate fits both."""
    if not muon:
        return [torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.98), weight_decay=0.01, fused=True)]
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


class _Judging(torch.nn.Linear):
    """The head that learns which tokens agree, and which are in favour of answer A: what the last layer needs to count.

    weights: of each token of the vocabulary as a label.
    """

    def __init__(self, width: int, tokenizer: PreTrainedTokenizerFast) -> None:
        super().__init__(width, 2)
        self.weights = torch.ones(len(tokenizer))
        self.weights[tokenizer(" right wrong", add_special_tokens=False)["input_ids"]] = _MARK
        self.weights[tokenizer.convert_tokens_to_ids(["A", "B"])] = _LETTER


def _learn(
    model: LlamaForCausalLM, pieces: list[Batch], bfloat16: bool, compare: _Judging | None
) -> tuple[float, float]:
    """Add the gradient of the pieces' mean loss over all their labels, and with `compare` over all that agrees or not; both losses."""
    total, mean, apart = sum(int((piece.labels[:, 1:] != _IGNORE).sum()) for piece in pieces), 0.0, 0.0
    compared = sum(int((piece.agree != _IGNORE).sum()) for piece in pieces)
    for ids, labels, agree, favours in pieces:
        wanted = labels[:, 1:]
        kept = wanted != _IGNORE
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            seen = model.model(input_ids=ids, use_cache=False, output_hidden_states=compare is not None)
            logits = model.lm_head(seen.last_hidden_state[:, :-1][kept])
        weights = None if compare is None else compare.weights
        loss = cross_entropy(logits.float(), wanted[kept], weights) * (int(kept.sum()) / total)
        mean += loss.item()
        for at, marks in enumerate((agree, favours) if compare is not None else ()):
            known = marks != _IGNORE
            if known.any():
                given = compare(seen.hidden_states[-2][known])[:, at]  # type: ignore[misc]
                agreement = binary_cross_entropy_with_logits(given, marks[known].float(), reduction="sum") / compared
                apart += agreement.item()
                loss = loss + agreement
        loss.backward()  # type: ignore[no-untyped-call]
    return mean, apart


def _work(rank: int, team: _Team, folder: Path, log: Path) -> None:
    """One worker: every worker holds the same model, reads its own examples, and steps by the mean gradient."""
    torch.set_num_threads(1)
    recipe, tokenizer = team.recipe, tokenizers.build()
    model = build_model(recipe, tokenizer)
    compare = _Judging(model.config.hidden_size, tokenizer) if recipe.compare else None
    weights, optimizers = list(model.parameters()), optimizers_for(model, recipe.learning_rate, recipe.muon)
    if compare is not None:
        weights += compare.parameters()
        optimizers.append(torch.optim.AdamW(compare.parameters(), lr=recipe.learning_rate))
    source = batches(tokenizer, recipe, Random(f"{recipe.seed} {rank}"))
    started, seen, mean, apart = time.monotonic(), 0, 0.0, 0.0
    team.meet.wait()
    for step in range(recipe.steps):
        for group in (group for optimizer in optimizers for group in optimizer.param_groups):
            group["lr"] = rate(step, recipe)
        pieces = list(islice(source, recipe.pieces))
        loss, agreement = _learn(model, pieces, recipe.bfloat16, compare)
        _average(team, weights, rank)
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        if rank:
            continue
        seen += sum(piece.ids.numel() for piece in pieces) * recipe.workers
        kept = 0.95 if step else 0.0
        mean, apart = kept * mean + (1 - kept) * loss, kept * apart + (1 - kept) * agreement
        if step % 25 == 0:
            spent = time.monotonic() - started
            progress = {"step": step, "loss": round(mean, 4), "agreement": round(apart, 4), "seconds": round(spent)}
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
    model = build_model(recipe, tokenizers.build())
    size = sum(weight.numel() for weight in model.parameters()) + recipe.compare * 2 * (model.config.hidden_size + 1)
    gradients = torch.zeros(recipe.workers, size)
    torch.Tensor.share_memory_(gradients)  # type: ignore[no-untyped-call]
    team = _Team(recipe, gradients, torch.multiprocessing.get_context("spawn").Barrier(recipe.workers))
    torch.multiprocessing.spawn(_work, (team, folder, log), nprocs=recipe.workers)  # type: ignore[no-untyped-call,attr-defined]


@click.command()
@click.argument("name", type=click.Choice(list(RECIPES)))
@click.option("--folder", type=click.Path(path_type=Path), help="Where to write it, if not models/pocket.")
@click.option("--steps", type=int, help="Fewer steps than the recipe's, to try it.")
def main(name: str, folder: Path | None, steps: int | None) -> None:
    """Train a pocket model and write it as a Hugging Face model directory; progress goes to .xlforge/pocket/NAME.jsonl."""
    recipe = RECIPES[name]
    folder = folder or MODELS / (recipe.model or name)
    train(replace(recipe, steps=steps or recipe.steps), folder, Path(f".xlforge/pocket/{name}.jsonl"))


if __name__ == "__main__":
    main()
