"""How the seeds stage grows: seconds, rows a second and peak memory over 10,000 and 100,000 passages (`--million`: and more).

The passages are synthetic, 600 characters on average, most of them good, with some of every defect; a tenth share half of
their sentences with others, so that near-duplicate search has candidates to refuse. From the project's root:
`python -m bench.seeds`.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

import orjson

SIZES = (10_000, 100_000)
_NOUNS = (
    "river bridge teacher window garden market engine letter island forest kitchen harbour village painter "
    "doctor castle winter summer mountain library farmer stone paper silver railway museum orchard valley "
    "captain lantern bakery chapel school festival blanket carpet ladder bottle mirror needle basket pillow "
    "hammer candle"
)
_VERBS = (
    "carries finds keeps paints builds remembers crosses follows sells watches repairs describes opens visits "
    "gathers measures counts lifts hides borrows cleans"
)
_ADJECTIVES = (
    "old quiet narrow bright heavy famous wooden golden small distant broken green early cold gentle curious "
    "modern empty warm plain hidden"
)
_WHEN = (
    "in the morning|after the war|every spring|before dinner|at the end of the year|during the long "
    "winter|near the sea|for many years|behind the church|with great care|under the bridge|without a word"
)
_GERMAN = "Der alte Fischer erzählt den Kindern am Abend lange Geschichten über das Meer und die Stürme im Winter. "

NOUNS, VERBS, ADJECTIVES, WHEN = _NOUNS.split(), _VERBS.split(), _ADJECTIVES.split(), _WHEN.split("|")


def sentence(rng: Random) -> str:
    first, second = rng.choice(NOUNS), rng.choice(NOUNS)
    return (
        f"The {rng.choice(ADJECTIVES)} {first} of {rng.choice(NOUNS)} number {rng.randrange(10_000)} {rng.choice(VERBS)} "
        f"the {rng.choice(ADJECTIVES)} {second} {rng.choice(WHEN)}."
    )


def passages(count: int, rng: Random) -> list[str]:
    """Mostly good ones; one in fifty repeats an earlier one with a word changed."""
    made: list[str] = []
    common = [sentence(rng) for _ in range(40)]
    for number in range(count):
        draw = rng.random()
        text = " ".join(sentence(rng) for _ in range(rng.randint(4, 11)))
        if draw < 0.02 and number:
            text = rng.choice(made[-1000:]).replace(" the ", " that ", 1)
        elif draw < 0.04:
            text = _GERMAN * 5
        elif draw < 0.05:
            text = "Too short."
        elif draw < 0.06:
            text = "Home | News | Contact\nWe use cookies to improve your visit. Accept all\nShare this page | Print\nBack to top"
        elif draw < 0.16:
            text = " ".join(rng.sample(common, 4)) + " " + text[:300]
        elif draw < 0.36:
            text = f"<p>Home | News | Contact</p>\n{text}&nbsp;<br/>Posted on 3 May 2019"
        made.append(text)
    return made


def measure(count: int, folder: Path) -> tuple[float, float, dict[str, int]]:
    """Seconds, peak memory in GB, and the counts of one build, in a process of its own."""
    source = folder / f"{count}.jsonl"
    with source.open("wb") as file:
        rng = Random(count)
        for start in range(0, count, 10_000):
            for at, text in enumerate(passages(min(10_000, count - start), rng)):
                file.write(orjson.dumps({"id": f"p{start + at:08d}", "text": text}) + b"\n")
    params = {"version": "v1", "source": {"kind": "jsonl", "path": str(source), "id": "id"}, "sample": count // 2}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "bench.seeds",
            "--one",
            orjson.dumps(params).decode(),
            "--out",
            str(folder / str(count)),
        ],
        check=True,
        stdout=subprocess.PIPE,
    )
    told = orjson.loads(done.stdout.splitlines()[-1])
    return told["seconds"], told["gigabytes"], told["counts"]


def one(params: str, out: Path) -> None:
    """Builds in this process and prints what it took."""
    from pipelines.seeds.v1.build import build
    from pipelines.seeds.v1.schema import Params

    started = time.monotonic()
    counts = build(Params.model_validate(orjson.loads(params)), out)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(orjson.dumps({"seconds": time.monotonic() - started, "gigabytes": peak / 1e9, "counts": counts}).decode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--million", action="store_true", help="a million passages as well")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--out", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.one:
        one(asked.one, Path(asked.out))
        return
    print(
        f"{'passages':>10} {'seconds':>9} {'a second':>10} {'peak GB':>9} {'rows':>9} {'rejects':>9} {'not drawn':>10}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for count in (*SIZES, *([1_000_000] if asked.million else [])):
            seconds, gigabytes, counts = measure(count, Path(folder))
            print(
                f"{count:>10,} {seconds:>9.1f} {count / seconds:>10,.0f} {gigabytes:>9.2f} {counts['rows']:>9,} {counts['rejects']:>9,} "
                f"{counts['not_sampled']:>10,}",
                flush=True,
            )


if __name__ == "__main__":
    main()
