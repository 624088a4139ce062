"""Scores pairs of sentences with CometKiwi or MetricX; run by the Python of an environment that has them, not by ours.

    python runner.py MODEL [--device cpu|cuda]

MODEL is a folder or a hub id, with @revision if one is meant. Reads {"src", "mt"} from each line of stdin, and writes
{"score", "cut"} to stdout for each, in order: score in [0, 1], higher is better; cut, whether the model read less than
the whole pair. It imports nothing of the project.

CometKiwi needs `unbabel-comet` (2.2.7 was tried) in that environment; MetricX needs `metricx24` of google-research/metricx on
its path. Checkpoints of COMET are pickles, which can run code when they are loaded: only name models that you trust.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

Pair = dict[str, str]
Scored = list[tuple[float, bool]]
_BATCH = 16


def comet(model_name: str, pairs: list[Pair], device: str) -> Scored:
    """COMET's reference-free models; their score is near [0, 1] and is cut to it."""
    from comet import download_model, load_from_checkpoint

    path = Path(model_name)
    if path.is_dir():
        checkpoint = path / "checkpoints" / "model.ckpt"
    elif "@" in model_name:
        checkpoint = Path(_snapshot(model_name)) / "checkpoints" / "model.ckpt"
    else:
        checkpoint = Path(download_model(model_name))
    model = load_from_checkpoint(str(checkpoint))
    tokenizer, room = model.encoder.tokenizer, model.encoder.max_positions
    lengths = [
        sum(len(tokenizer(text, truncation=False)["input_ids"]) for text in (pair["src"], pair["mt"])) for pair in pairs
    ]
    scores = model.predict(
        pairs, batch_size=_BATCH, gpus=int(device == "cuda"), num_workers=0, progress_bar=False
    ).scores
    return [(min(max(float(score), 0.0), 1.0), length > room) for score, length in zip(scores, lengths, strict=True)]


def metricx(model_name: str, pairs: list[Pair], device: str) -> Scored:
    """MetricX-24, which gives an error from 0 to 25; its inputs are as `metricx24/predict.py` makes them for --qe."""
    import torch
    from metricx24.models import MT5ForRegression
    from transformers import AutoTokenizer

    folder = _snapshot(model_name) if "@" in model_name else model_name
    size = next((size for size in ("xxl", "xl", "large") if f"-{size}" in model_name), "xl")
    tokenizer: Any = AutoTokenizer.from_pretrained(f"google/mt5-{size}")
    model = MT5ForRegression.from_pretrained(folder).to(device).eval()
    room, scored = 1536, []
    for start in range(0, len(pairs), _BATCH):
        texts = [f"source: {pair['src']} candidate: {pair['mt']}" for pair in pairs[start : start + _BATCH]]
        tokens = [tokenizer(text)["input_ids"][:-1] for text in texts]
        inputs = tokenizer.pad({"input_ids": [ids[:room] for ids in tokens]}, return_tensors="pt").to(device)
        with torch.no_grad():
            errors = model(**inputs).predictions.float().tolist()
        scored += [(1 - error / 25, len(ids) > room) for error, ids in zip(errors, tokens, strict=True)]
    return scored


def _snapshot(model_name: str) -> str:
    from huggingface_hub import snapshot_download

    name, revision = model_name.split("@", 1)
    return snapshot_download(repo_id=name, revision=revision)


def _end_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    args = parser.parse_args()
    _end_with_parent()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # libraries print to stdout, which is for scores alone
    pairs = [json.loads(line) for line in sys.stdin.buffer.read().split(b"\n") if line]
    score = metricx if "metricx" in args.model.lower() else comet
    for value, cut in score(args.model, pairs, args.device) if pairs else []:
        answers.write(json.dumps({"score": value, "cut": cut}) + "\n")
    answers.close()


if __name__ == "__main__":
    main()
