"""The in-process engine compared with transformers' own batched generate and distilabel's TransformersLLM, on the pocket teacher.

    python -m bench.transformers [--answers 80]

The work is the build's: three sampled translations of each answer, and a greedy question for each. Figures are of
generation alone, without loading the model.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from bench.common import table
from xlforge.config.execution import Execution
from xlforge.config.models import Model, Sampling
from xlforge.models.revision import folder_digest
from xlforge.steps.cached_llm import CachedLLM

TEACHER = Path("models/pocket/teacher")
TRUTH = Path("data/seeds/pocket.truth.jsonl")
JOBS = {
    "translation": ("Translate the text into German.", Sampling(temperature=0.8, top_p=0.95, max_tokens=96), 3),
    "question": ("Write the question that the text answers.", Sampling(max_tokens=64), 1),
}
THEIRS = 24


def ours(prompts: list[str], sampling: Sampling, candidates: int) -> float:
    """Rows a second, responses cached."""
    with tempfile.TemporaryDirectory() as folder:
        spec = Model(model=str(TEACHER), revision=folder_digest(TEACHER))
        execution = Execution(cache=f"sqlite:///{folder}/cache.sqlite")
        model = CachedLLM(role="teacher", spec=spec, sampling=sampling, execution=execution, stage="bench")
        model.load()
        model.generate(["Load it."])
        start = time.perf_counter()
        model.generate(prompts, num_generations=candidates)
        seconds = time.perf_counter() - start
        model.unload()
    return len(prompts) * candidates / seconds


def batched(prompts: list[str], sampling: Sampling, candidates: int) -> float:
    """Rows a second of `model.generate` in batches of 128, left-padded, sorted by length."""
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(TEACHER, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(TEACHER, dtype=torch.float32).eval()  # type: ignore[no-untyped-call]
    texts = [
        tokenizer.apply_chat_template([{"role": "user", "content": text}], add_generation_prompt=True, tokenize=False)
        for text in sorted(prompts, key=len)
        for _ in range(candidates)
    ]
    sampled = {"do_sample": True, "temperature": sampling.temperature, "top_p": sampling.top_p, "top_k": 0}
    start = time.perf_counter()
    with torch.inference_mode():
        for first in range(0, len(texts), 128):
            batch = tokenizer(texts[first : first + 128], return_tensors="pt", padding=True, add_special_tokens=False)
            inputs = {name: batch[name] for name in ("input_ids", "attention_mask")}
            model.generate(**inputs, max_new_tokens=sampling.max_tokens, **(sampled if sampling.temperature else {}))
    return len(texts) / (time.perf_counter() - start)


def distilabels(prompts: list[str], sampling: Sampling, candidates: int) -> float:
    """Rows a second of distilabel's class, on the first few rows."""
    from distilabel.models.llms import TransformersLLM

    model = TransformersLLM(model=str(TEACHER), torch_dtype="float32")
    model.load()
    inputs = [[{"role": "user", "content": text}] for text in prompts[: THEIRS // candidates]]
    options = {"temperature": sampling.temperature, "top_p": sampling.top_p} if sampling.temperature else {}
    start = time.perf_counter()
    model.generate(
        inputs=inputs,
        num_generations=candidates,
        max_new_tokens=sampling.max_tokens,
        do_sample=bool(sampling.temperature),
        **options,
    )
    return len(inputs) * candidates / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=80, help="how many of the shipped answers to work on")
    count = parser.parse_args().answers
    truths = [json.loads(line) for line in TRUTH.read_text(encoding="utf-8").splitlines()]
    answers = [truth["answer"]["en"] for truth in truths if truth.get("answer")][:count]
    rows: list[tuple[object, ...]] = [("rows/s", *JOBS)]
    rivals: dict[str, Callable[[list[str], Sampling, int], float]] = {
        "ours": ours,
        "transformers generate, batches of 128": batched,
        f"distilabel TransformersLLM, {THEIRS} rows": distilabels,
    }
    for name, rival in rivals.items():
        found = []
        for wording, sampling, candidates in JOBS.values():
            found.append(rival([f"{wording}\n<text>\n{answer}\n</text>" for answer in answers], sampling, candidates))
        rows.append((name, *found))
    table(f"{len(answers)} answers, {len(os.sched_getaffinity(0))} cores, float32", rows)
    first, last = rows[1], rows[3]
    print("  ours ÷ TransformersLLM: " + ", ".join(f"{a / b:.1f}" for a, b in zip(first[1:], last[1:], strict=True)))  # type: ignore[operator]


if __name__ == "__main__":
    main()
