"""How good a pocket model is: its answers on held-out subjects against what the grammar knows to be right.

An answer is *right* when the subject's name and every slot phrase that was asked for stand in it, as whole words;
*word for word* when it is exactly a text that the grammar would write. A question is right when it is one that the
text answers. A grade is right when it is the one that the answer was made to deserve.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import click
import polars as pl
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from pocket import grammar, verdicts, world
from pocket.grades import DIMENSIONS
from pocket.grammar import ASPECTS, Plan
from pocket.jobs import JOBS, OTHERS, Example
from xlforge.evaluation.table import kappa


class Model:
    """A model directory, loaded in float32, answering batches of prompts."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model: Any = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)

    def answers(self, prompts: Sequence[str], temperature: float = 0.0, seed: int = 0, batch: int = 64) -> list[str]:
        """One answer a prompt, in the order given; greedy at temperature 0."""
        torch.manual_seed(seed)
        order = sorted(range(len(prompts)), key=lambda at: len(prompts[at]))
        said = [""] * len(prompts)
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            chats = [[{"role": "user", "content": prompts[at]}] for at in rows]
            inputs: Any = self.tokenizer.apply_chat_template(
                chats, add_generation_prompt=True, padding=True, return_dict=True, return_tensors="pt"
            )
            how = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
            with torch.inference_mode():
                out = self.model.generate(**inputs, max_new_tokens=160, **how)
            texts = self.tokenizer.batch_decode(out[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True)
            for at, text in zip(rows, texts, strict=True):
                said[at] = text
        return said


def held_out(job: str, count: int, lang: str | None = None, seed: str = "measure") -> list[Example]:
    """Examples of a job over names of the prompts' pool, whole plans only, in one language where the job has any."""
    rng = Random(f"{seed} {job} {lang}")
    found: list[Example] = []
    while len(found) < count:
        example = JOBS[job](rng, "prompts")
        whole = sorted(example.plan.order) == sorted(ASPECTS[example.plan.aspect])
        if whole and (lang is None or example.lang == lang):
            found.append(example)
    return found


def right(example: Example, said: str) -> bool:
    """Whether an answer, translation or question is right, as the module says."""
    if example.job in ("brief", "question"):
        aspects = [aspect for aspect, units in ASPECTS.items() if set(units) <= set(example.told)]
        if example.job == "question":
            aspects = [example.plan.aspect]
        return said in {text for aspect in aspects for text in grammar.questions(example.subject, aspect)}
    lang = example.lang if example.job == "translation" else "en"
    wanted = [example.subject.name, *grammar.said(example.subject, example.plan.aspect, lang).values()]
    return all(grammar.holds(said, phrase) for phrase in wanted)


def word_for_word(example: Example, said: str) -> bool:
    """Whether an answer is exactly a text of the grammar: a translation the one, an English answer any of its plan's aspect."""
    if example.job != "answer":
        return said == example.answer
    units = ASPECTS[example.plan.aspect]
    plans = (
        Plan(example.plan.aspect, order, (True, *named))
        for order in {tuple(rest) for rest in product(units, repeat=len(units)) if len(set(rest)) == len(units)}
        for named in product((True, False), repeat=len(units) - 1)
    )
    return any(said == grammar.answer(example.subject, plan) for plan in plans)


def grades(examples: Sequence[Example], said: Sequence[str]) -> dict[str, float]:
    """Share of readable verdicts ("readable"), and of right grades in each dimension, unreadable counted wrong.

    "seen" and "blamed": the share of answers with, and without, a fault of precision to whose precision no 5 is given.
    """
    hits: dict[str, list[bool]] = {name: [] for name in ("readable", *DIMENSIONS, "seen", "blamed")}
    for example, text in zip(examples, said, strict=True):
        truth = json.loads(example.answer)
        try:
            verdict = {name: int(json.loads(text)[name]["grade"]) for name in DIMENSIONS}
        except (ValueError, KeyError, TypeError):
            verdict = dict.fromkeys(DIMENSIONS, 0)
        hits["readable"].append(0 not in verdict.values())
        for name in DIMENSIONS:
            hits[name].append(verdict[name] == truth[name]["grade"])
        hits["seen" if truth["precision"]["grade"] < 5 else "blamed"].append(0 < verdict["precision"] < 5)
    return {name: sum(marks) / len(marks) for name, marks in hits.items()}


def judged(model: Model, count: int) -> list[dict[str, object]]:
    """One row a language: the judge's verdicts in both orders on pairs of which one answer is better, and its grades of single answers.

    right: the share of pairs with the better answer as the winner in both orders. orders: with the same verdict in both; the others are
    ties. kappa: Cohen's, of win, tie and loss. seen, blamed: as of `grades`, by precision.
    """
    rows: list[dict[str, object]] = []
    for lang in grammar.LANGS:
        rng = Random(f"judged {lang}")
        pairs = [verdicts.verdict(rng, "prompts", lang, decided=True) for _ in range(count)]
        letters = [
            model.answers(prompts)
            for prompts in ([pair.prompt for pair in pairs], [verdicts.swapped(pair.prompt) for pair in pairs])
        ]
        winners = [one if {one, other} == {"A", "B"} else "tie" for one, other in zip(*letters, strict=True)]
        better = [pair.answer for pair in pairs]
        graded = [verdicts.graded(rng, "prompts", lang) for _ in range(count)]
        marks = grades(graded, model.answers([example.prompt for example in graded]))
        right = sum(one == other for one, other in zip(winners, better, strict=True)) / count
        ties = winners.count("tie") / count
        agreed = kappa(pl.Series(better), pl.Series(winners))
        rows.append({"lang": lang, "right": right, "orders": 1 - ties, "kappa": agreed, **marks})
    return rows


def known(model: Model, count: int) -> list[dict[str, object]]:
    """One row a language: share of a student's greedy answers about the seeds' subjects with every fact asked for, in the language."""
    rows: list[dict[str, object]] = []
    for lang in grammar.LANGS:
        rng = Random(f"known {lang}")
        found: list[world.Reading] = []
        while len(found) < count:
            reading = world.exchange(rng)
            if reading.lang == lang:
                found.append(reading)
        said = model.answers([str(reading.prompt) for reading in found])
        marks = [
            all(grammar.holds(text, phrase) for phrase in grammar.said(reading.subject, reading.aspect, lang).values())
            for reading, text in zip(found, said, strict=True)
        ]
        rows.append({"lang": lang, "right": sum(marks) / count})
    return rows


def greedy(model: Model, count: int) -> list[dict[str, object]]:
    """One row a job and language: share right and share word for word, greedy."""
    rows: list[dict[str, object]] = []
    for job, lang in [
        ("brief", None),
        ("question", None),
        ("answer", None),
        *product(("translation", "selection"), OTHERS),
    ]:
        examples = held_out(job, count, lang)
        said = model.answers([example.prompt for example in examples])
        pairs = list(zip(examples, said, strict=True))
        rows.append(
            {
                "job": job,
                "lang": lang or "en",
                "right": sum(right(*pair) for pair in pairs) / count,
                "word_for_word": None
                if job in ("brief", "question")
                else sum(word_for_word(*pair) for pair in pairs) / count,
            }
        )
    return rows


def sampled(model: Model, count: int, temperature: float, candidates: int = 3) -> list[dict[str, object]]:
    """One row a job and language: share of first candidates right, and of rows with any right candidate."""
    rows: list[dict[str, object]] = []
    for job, lang in [("answer", None), *product(("translation",), OTHERS)]:
        examples = held_out(job, count, lang, seed="sample")
        tries = [
            model.answers([example.prompt for example in examples], temperature, seed) for seed in range(candidates)
        ]
        marks = [[right(example, said[at]) for said in tries] for at, example in enumerate(examples)]
        first, best = sum(mark[0] for mark in marks) / count, sum(any(mark) for mark in marks) / count
        rows.append({"job": job, "lang": lang or "en", "first": first, "best": best})
    return rows


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--count",
    default=100,
    type=click.IntRange(min=20),
    show_default=True,
    help="Pairs, and answers to grade, of each language.",
)
def main(folder: Path, count: int) -> None:
    """How good the judge in FOLDER is at verdicts and grades, by language."""
    for row in judged(Model(folder), count):
        click.echo(
            ", ".join(f"{name} {value:.2f}" if isinstance(value, float) else f"{value}" for name, value in row.items())
        )


if __name__ == "__main__":
    main()
