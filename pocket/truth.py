"""How right a build of the shipped seeds is, against what the grammar knows: `python -m pocket.truth`, after `dvc repro`.

An answer is right if each of its sentences is one that the grammar writes about its subject; a translation of a right answer is right
if it is the grammar's own, word for word. Nothing here is read by a build.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl

from pocket.grammar import LANGS
from pocket.kinds import KINDS

DATA = Path(__file__).resolve().parents[1] / "data"
_SENTENCES = re.compile(r"(?<=[.])\s+(?=\S)")


def renderings(truth: dict[str, Any]) -> dict[str, dict[str, str]]:
    """English sentence → the same in every language, for all that the grammar can say about a seed's subject."""
    kind = next(kind for kind in KINDS if kind.name == truth["kind"])
    found = {}
    for unit in kind.units:
        if not set(unit.slots) <= set(truth["slots"]):
            continue
        for form in (unit.open, unit.follow):
            slots = {lang: {slot: value[lang] for slot, value in truth["slots"].items()} for lang in LANGS}
            said = {lang: form[lang].format(name=truth["subject"], **slots[lang]) for lang in LANGS}
            found[said["en"]] = said
    return found


def seed(row_id: str) -> str:
    """The id that a seed was given, from the id of any row made of it."""
    return row_id.split("/", maxsplit=1)[0].rsplit("-", 1)[0]


def main() -> None:
    """Prints the share of right answers, kept and set aside by the judge, and of right translations, first and chosen."""
    lines = (DATA / "seeds" / "pocket.truth.jsonl").read_text(encoding="utf-8").splitlines()
    truths = {row["id"]: row for row in map(json.loads, lines)}
    responses = pl.read_parquet(DATA / "responses" / "rows.parquet")
    right = {
        row["id"]: set(_SENTENCES.split(row["response"].strip())) <= set(renderings(truths[seed(row["id"])]))
        for row in responses.to_dicts()
    }
    kept = set(pl.read_parquet(DATA / "scores" / "rows.parquet")["id"])
    told("answers", list(right.values()))
    told("  kept by the judge", [right[one] for one in right if one in kept])
    told("  set aside by the judge", [right[one] for one in right if one not in kept])
    for folder in sorted((DATA / "selection").iterdir()):
        table = pl.read_parquet(folder / "candidates.parquet").filter(pl.col("answer_id").replace_strict(right))
        rows = table.to_dicts()
        for row in rows:
            by_sentence = renderings(truths[seed(row["id"])])
            parts = [by_sentence[sentence][folder.name] for sentence in _SENTENCES.split(row["response"].strip())]
            row["right"] = " ".join(parts) == row["translation"].strip()
        told(f"{folder.name}: first candidates", [row["right"] for row in rows if row["candidate"] == 0])
        told(f"{folder.name}: chosen", [row["right"] for row in rows if row["chosen"]])


def told(what: str, right: list[bool]) -> None:
    """One line of the account."""
    share = f"{sum(right) / len(right):.1%}" if right else "none"
    print(f"{what:26} {share:>7} right, of {len(right)}")


if __name__ == "__main__":
    main()
