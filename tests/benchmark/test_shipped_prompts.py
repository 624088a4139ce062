"""What ships: the default benchmark, the overlays and the list of exclusions, on the real prompts where these are available."""

from __future__ import annotations

import json
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml
from dvc.utils.hydra import compose_and_dump

from pipelines.benchmark.v1 import exclusions
from pipelines.benchmark.v1.schema import Exclusions, Params
from tests.benchmark.conftest import built
from tests.benchmark.test_tables import ENGLISH, GERMAN, hub
from tests.project import Project
from xlforge.base.errors import BuildError
from xlforge.config import params as parameters

LIST = "data/prompts/alpacaeval.exclusions.jsonl"


OVERLAYS = sorted(path.stem for path in Path("conf/benchmark").glob("*.yaml"))


def overlaid(tmp_path: Path, *overrides: str, root: Path | None = None) -> dict[str, Any]:
    """The block `benchmark` as `dvc exp run -S` composes it; root: where params.yaml and conf lie, for the working tree's."""
    out = tmp_path / "params.yaml"
    compose_and_dump(out, str(root or Path.cwd()), None, "params", "", list(overrides))
    block: dict[str, Any] = yaml.safe_load(out.read_text())["benchmark"]
    return block


def test_the_pocket_benchmark_has_every_prompt_in_every_set_and_language() -> None:
    block = parameters.load().block("benchmark").model_dump()
    made = built(block)
    assert not len(made.rejects)
    assert len(made.rows) == 120 * (2 * len(block["languages"]) + 1)
    assert made.rows.null_count().row(0) == (0,) * made.rows.width
    assert all(
        row["language"] in {one["language"] for one in row["slots"][0]["phrases"]} for row in made.rows.to_dicts()
    )


@pytest.mark.parametrize("name", OVERLAYS)
def test_an_overlay_means_the_same_whichever_was_there_before(tmp_path: Path, name: str) -> None:
    shutil.copytree("conf", tmp_path / "conf")
    alone = Params.model_validate(overlaid(tmp_path, f"+conf/benchmark={name}"))
    for before in OVERLAYS:
        overlaid(tmp_path, f"+conf/benchmark={before}")  # an experiment leaves its params.yaml behind
        assert Params.model_validate(overlaid(tmp_path, f"+conf/benchmark={name}", root=tmp_path)) == alone, before


def test_the_pocket_overlay_is_what_ships(tmp_path: Path) -> None:
    assert Params.model_validate(overlaid(tmp_path, "+conf/benchmark=pocket")) == parameters.load().block("benchmark")


def test_the_authors_overlay_needs_pinned_commits_and_reads_their_layout(tmp_path: Path) -> None:
    block = overlaid(tmp_path, "+conf/benchmark=alpacaeval")
    with pytest.raises(BuildError, match=r"benchmark\.source\.revision: viyer98/XL-AlpacaEval can change"):
        built(block)
    name = str(hub(tmp_path / "xl"))
    translated = tmp_path / "m"
    hub(translated)
    (translated / "german.json").write_text(json.dumps([{"instruction": text} for text in GERMAN]))
    named = [f"benchmark.{table}.name={where}" for table, where in (
        ("source", name), ("requested", name), ("translated", translated))]  # fmt: skip
    made = built(overlaid(tmp_path, "+conf/benchmark=alpacaeval", "benchmark.languages=[de]", *named))
    assert made.counts["sets"] == {"crosslingual": {"de": 3}, "english": {"en": 3}, "same_language": {"de": 3}}
    assert {row["prompt"] for row in made.of("same_language", "de")} == set(GERMAN)
    assert all(row["prompt"].endswith("Please answer in German.") for row in made.of("crosslingual", "de"))
    assert {row["instruction"] for row in made.of("crosslingual", "de")} == set(ENGLISH)


def test_the_table_of_reasons_counts_the_list() -> None:
    found = exclusions.read(Exclusions(path=LIST, apply=True))
    listed = re.findall(r"^\| `(\w+)` \| (\d+) \|", Path("data/prompts/README.md").read_text(), re.MULTILINE)
    assert {reason: int(count) for reason, count in listed} == Counter(one.reason for one in found.values())


def test_alpacaeval_from_a_file_less_the_list(tmp_path: Path, shared: Path) -> None:
    block = overlaid(tmp_path, "+conf/benchmark=alpacaeval_local", "benchmark.languages=[de,mt]")
    made = built(block)
    listed = len(Path(LIST).read_text().splitlines())
    assert made.reasons == {"excluded": listed}
    assert made.counts["sets"] == {
        "crosslingual": dict.fromkeys(("de", "mt"), 805 - listed),
        "english": {"en": 805 - listed},
    }
    assert set(made.rows["part"]) == {"helpful_base", "koala", "oasst", "selfinstruct", "vicuna"}
    assert listed <= block.get("max_reject_rate", 0.1) * 805


def test_the_list_holds_for_the_same_prompts_from_the_hub(tmp_path: Path, shared: Path) -> None:
    texts = [row["instruction"] for row in orjson.loads((shared / "alpacaeval" / "instructions.json").read_bytes())]
    folder = tmp_path / "alpaca_eval"
    folder.mkdir()
    rows = [{"dataset": "x", "instruction": f"{text}\r\n", "output": "y", "generator": "z"} for text in texts]
    (folder / "alpaca_eval.json").write_text(json.dumps(rows))
    (folder / "alpaca_eval.py").write_text("")
    block = overlaid(
        tmp_path,
        "+conf/benchmark=alpacaeval_local",
        "benchmark.source.kind=hub",
        f"benchmark.source.name={folder}",
        "benchmark.source.file=alpaca_eval.json",
        "benchmark.languages=[de]",
    )
    local = built(block | {"source": block["source"] | {"kind": "local", "file": None}})
    remote = built(block)
    assert remote.rows["id"].to_list() == local.rows["id"].to_list()
    assert remote.rejects["id"].to_list() == local.rejects["id"].to_list()


def test_the_list_copies_no_prompt(shared: Path) -> None:
    texts = [row["instruction"] for row in orjson.loads((shared / "alpacaeval" / "instructions.json").read_bytes())]
    excluded = exclusions.read(Exclusions(path=LIST, apply=True))
    for text in texts:
        mark = exclusions.fingerprint(text)
        if mark in excluded:
            words, why = text.lower().split(), " ".join(excluded[mark].why.lower().split())
            runs = [" ".join(words[at : at + 4]) for at in range(len(words) - 3)]
            assert not [run for run in runs if run in why]


def test_language_confusion_prompts_are_used_unchanged(tmp_path: Path, shared: Path) -> None:
    block = overlaid(tmp_path, "+conf/benchmark=language_confusion")
    made = built(block)
    given = [orjson.loads(line) for line in (shared / "language_confusion" / "prompts.jsonl").read_bytes().splitlines()]
    have = {(row["language"], row["part"], row["prompt"]) for row in made.rows.to_dicts()}
    assert have == {(row["language"], row["source"], row["prompt"]) for row in given}
    assert len(made.rows) == len(given) == 1794
    assert made.rows["instruction_en"].null_count() == 1794
    assert (made.rows["instruction"] == made.rows["prompt"]).all()
    some = built(block | {"languages": ["de", "zh"], "sample": 50})
    assert some.counts["sets"] == {"crosslingual": {"de": 50, "zh": 50}}
    assert some.counts["prompts"]["other_languages"] == 1794 - 2 * 299
    with pytest.raises(BuildError, match=r"no prompts that request Hungarian.*has de, fr, hi, pt, tr, zh"):
        built(block | {"languages": ["de", "hu"]})


@pytest.mark.slow
def test_dvc_builds_it_alone_with_the_same_bytes_and_stops_above_the_share(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"benchmark.sample": 20, "benchmark.languages": ["hu"]})
    (record,) = project.repro(upto="benchmark")
    assert (record["stage"], record["rows_in"], record["rows_out"], record["calls"]) == ("benchmark", 120, 60, 0)
    counts = orjson.loads((project.folder / "data/benchmark/metrics.json").read_bytes())
    assert counts["sets"] == {"crosslingual": {"hu": 20}, "english": {"en": 20}, "same_language": {"hu": 20}}
    assert project.repro(upto="benchmark") == []
    before = project.lock()["benchmark"]["outs"]
    project.repro("--force", upto="benchmark")
    assert project.lock()["benchmark"]["outs"] == before
    path = project.folder / "data/prompts/pocket.jsonl"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, *lines[:20]]) + "\n")
    done = project.run("dvc", "repro", "benchmark", check=False)
    assert done.returncode != 0
    assert "20 of 140 rows" in done.stderr and "(20 duplicate)" in done.stderr
    rejects = pl.read_parquet(project.folder / "data/benchmark/rejects.parquet")
    assert len(rejects) == 20
    assert not (project.folder / "data/benchmark/rows.parquet").exists()
