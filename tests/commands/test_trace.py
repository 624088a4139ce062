"""`xlforge trace`: every row of a build tells what was asked, answered and chosen, and which commit built it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml
from click.testing import CliRunner, Result

from commands.main import cli
from tests.project import ROOT, Project
from xlforge.base import project
from xlforge.base.provenance import PROVENANCE
from xlforge.cache import Cache
from xlforge.lineage import story
from xlforge.lineage.chain import lineage
from xlforge.lineage.tables import Tables
from xlforge.requests.request import Request, Sampling
from xlforge.requests.response import Response

Told = dict[str, Any]


def trace(*args: str) -> Result:
    return CliRunner().invoke(cli, ["trace", *args])


def told(*args: str) -> Told:
    done = trace(*args, "--json")
    assert done.exit_code == 0, done.output
    found: Told = orjson.loads(done.stdout)
    return found


def steps(found: Told) -> dict[str, list[Told]]:
    named: dict[str, list[Told]] = {}
    for step in found["steps"]:
        named.setdefault(step["name"], []).append(step)
    return named


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The built project, as the folder that commands run in."""
    monkeypatch.chdir(project.folder)
    project.home.cache_clear()
    yield project  # type: ignore[misc]
    project.home.cache_clear()


@pytest.fixture
def example(here: Project) -> str:
    """A training example's id, whose answer had rivals."""
    return str(here.read("dataset").filter(pl.col("language") == "de")["id"][0])


def test_an_example_tells_every_call_from_its_seed_on(here: Project, example: str) -> None:
    found = steps(told(example))
    row = here.read("dataset").row(by_predicate=pl.col("id") == example, named=True)
    assert list(found)[:7] == [
        "seeds",
        "instructions",
        "responses",
        "scores",
        "translations@de",
        "selection@de",
        "dataset",
    ]
    calls = [call for parts in found.values() for step in parts for call in step["calls"]]
    assert all(call["received"] for call in calls)
    assert not [note for parts in found.values() for step in parts for note in step["notes"]]
    [instruction], [response] = found["instructions"][0]["calls"][-1:], found["responses"][0]["calls"][-1:]
    assert instruction["received"]["words"].strip() == row["instruction"]
    assert found["seeds"][0]["row"]["passage"] in instruction["messages"][0]["content"]
    assert row["instruction"] in response["messages"][0]["content"]
    assert response["read"] == {"response": found["responses"][0]["row"]["response"]}
    assert found["scores"][0]["calls"][-1]["read"]["precision"] == row["scores"]["precision"]
    words = {
        step["row"]["candidate"]: step["calls"][-1]["received"]["words"].strip()
        for step in found["translations@de"]
        if step["row"]
    }
    assert words[row["qe"]["candidate"]] == row["completion"][0]["content"]
    assert found["dataset"][0]["row"]["completion"] == row["completion"]
    asked = {f"{call['model']}@{call['revision']}" for call in calls}
    assert asked == {entry["model"] for entry in row["provenance"]}


def test_the_prompt_told_is_the_one_that_the_store_kept(here: Project, example: str) -> None:
    calls = [call for step in told(example)["steps"] for call in step["calls"]]
    with Cache(f"sqlite:///{here.folder}/.xlforge/cache.sqlite") as store:
        for call in calls:
            kept = orjson.loads(store.request(call["key"]) or b"null")
            assert kept["messages"] == [[message["role"], message["content"]] for message in call["messages"]]
            assert kept["model"] == call["model"]
            assert kept["sampling"] == call["sampling"]


def test_a_selection_tells_every_rival_and_why_one_won(here: Project, example: str) -> None:
    [step] = steps(told(example))["selection@de"]
    fit = [row for row in step["candidates"] if row["quality"] is not None]
    best = max(fit, key=lambda row: (row["quality"], -row["candidate"]))
    assert [row["candidate"] for row in step["candidates"] if row["chosen"]] == [best["candidate"]]
    assert (
        f"candidate {best['candidate']} of {len(step['candidates'])} has the best quality, {best['quality']:.4f}"
        in step["choice"]
    )
    for row in step["candidates"]:
        assert row["chosen"] or f"; {row['candidate']} " in step["choice"]


def test_a_candidate_is_traced_by_its_own_id(here: Project, example: str) -> None:
    found = steps(told(f"{example}/1"))
    assert [step["id"] for step in found["translations@de"]] == [f"{example}/1"]
    assert [call["candidate"] for call in found["translations@de"][0]["calls"]] == [1]
    assert len(found["selection@de"][0]["candidates"]) == 3


def test_a_row_set_aside_tells_why_and_with_what_words(here: Project) -> None:
    reject = here.read("scores", "rejects").row(0, named=True)
    found = told(reject["id"])
    assert [step["outcome"] for step in found["steps"]] == ["kept", "kept", "kept", "set_aside"]
    assert found["steps"][-1]["reject"]["reason"] == reject["reason"]
    assert found["steps"][-1]["calls"][-1]["received"]["words"]
    assert reject["reason"] in trace(reject["id"]).stdout


def test_an_answer_that_could_not_be_read_is_told_with_the_one_asked_for_again(
    here: Project, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = told(example, "--stage", "instructions")["steps"][0]["calls"][0]
    other = f"sqlite:///{here.folder}/other.sqlite"
    with Cache(other) as store:
        for attempt, words in enumerate(["What is", "  ", "What is it?"]):
            messages = tuple((message["role"], message["content"]) for message in call["messages"])
            request = Request(
                call["engine"], call["model"], call["revision"], messages, Sampling(**call["sampling"]), attempt=attempt
            )
            store.put([(request, Response(words, "length" if words == "What is" else "stop", 9, 4))]).result()
    monkeypatch.setenv("XLFORGE_CACHE", other)
    [cut, first, second] = told(example, "--stage", "instructions")["steps"][0]["calls"]
    assert (cut["attempt"], cut["fault"], cut["read"]) == (0, "cut_off", None)
    assert (first["attempt"], first["fault"], first["received"]["words"]) == (1, "empty", "  ")
    assert (second["attempt"], second["fault"], second["read"]) == (2, None, {"instruction": "What is it?"})
    assert "not usable: empty" in trace(example, "--stage", "instructions").stdout


def test_without_the_store_prompts_are_told_and_the_words_said_to_be_missing(
    here: Project, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLFORGE_CACHE", f"sqlite:///{here.folder}/empty.sqlite")
    [step] = told(example, "--stage", "responses")["steps"]
    assert step["row"]["instruction"] in step["calls"][0]["messages"][0]["content"]
    assert step["calls"][0]["received"] is None
    assert "1 of 1 answers are not in this response store" in step["notes"][0]


def test_a_row_is_traced_with_the_parameters_it_was_built_with(here: Project, example: str) -> None:
    before = told(example, "--stage", "translations")
    here.set({"translations.sampling.max_tokens": 99, "translations.candidates": 1})
    assert told(example, "--stage", "translations") == before


def test_the_commit_is_the_one_that_built_it(here: Project, example: str) -> None:
    built = here.git("rev-parse", "HEAD").strip()
    here.commit("nothing to do with it")
    assert {step["built"]["commit"] for step in told(example)["steps"]} == {built}
    rows = here.folder / "data" / "scores" / "rows.parquet"
    pl.read_parquet(rows).reverse().write_parquet(rows)
    found = {step["name"]: step["built"] for step in told(example)["steps"]}
    assert found["seeds"]["commit"] == built
    assert found["scores"]["commit"] is None
    assert "changed by hand" in found["scores"]["note"]


def test_a_build_that_nobody_committed_is_told_as_such(here: Project, example: str) -> None:
    lock = yaml.safe_load((here.folder / "dvc.lock").read_text())
    here.git("rm", "--quiet", "--cached", "dvc.lock")
    here.git("commit", "--quiet", "--message", "the lock is gone")
    (here.folder / "dvc.lock").write_text(yaml.safe_dump(lock))
    assert told(example)["steps"][0]["built"]["note"] == "not committed yet"


def test_words_find_their_row(here: Project, example: str) -> None:
    assert told("--find", example.upper())["id"] == example
    several = told("--find", "the")
    assert len({hit["id"] for hit in several["hits"]}) > 1
    assert trace("--find", "no such words anywhere").exit_code == 1


def test_the_installed_command_tells_the_same_and_says_nothing_on_standard_error(built: Project) -> None:
    row_id = built.read("selection", item="de")["id"][0]
    done = built.run("xlforge", "trace", row_id, env={"NO_COLOR": "1"})
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "selection@de v1  kept" in done.stdout
    unknown = built.run("xlforge", "trace", row_id[:-4], check=False)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert row_id in unknown.stderr


# Builds that no stage made: only what is looked at.


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with params.yaml and the pipelines, and nothing built."""
    shutil.copy(ROOT / "params.yaml", tmp_path)
    for name in ("pipelines", "stages", "conf"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLFORGE_CACHE", f"sqlite:///{tmp_path}/cache.sqlite")
    project.home.cache_clear()
    yield tmp_path  # type: ignore[misc]
    project.home.cache_clear()


def write(rows: list[Told], place: str, schema: Told | None = None) -> None:
    path = Path("data", place)
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, schema_overrides=schema).write_parquet(path)


HOSTILE = "safe\x1b[2J\x1b]0;title\x07\x9b31m\r\u202eesrever\u2066\ud7ff‍👩"


def test_words_never_reach_the_terminal_as_orders(bare: Path) -> None:
    write(
        [{"id": "s-1", "stage": "seeds", "reason": "unreadable", "detail": HOSTILE, "raw": HOSTILE}],
        "seeds/rejects.parquet",
    )
    for said in (trace("s-1").stdout, trace("--find", "safe").stdout, trace("s-1", "--json").stdout):
        assert not {"\x1b", "\x07", "\x9b", "\r", "\u202e", "\u2066"} & set(said)
        assert "‍👩" in said
    assert "\\x1b[2J" in trace("s-1").stdout
    assert told("s-1")["steps"][0]["reject"]["raw"] == HOSTILE


PROMPT = "p-1/crosslingual/de"


def benchmark(judge: str) -> None:
    """Two prompts, the answers of two models, and a verdict; nothing in the store."""
    raw = yaml.safe_load(Path("params.yaml").read_text())
    raw["verdicts"]["judge"] = judge
    Path("params.yaml").write_text(yaml.safe_dump(raw))
    kept = {"set": "crosslingual", "language": "de", "provenance": []}
    typed = {"provenance": PROVENANCE, "truth": pl.String, "passage": pl.String, "fault": pl.String}
    asked = []
    for number in (1, 2):
        words = dict.fromkeys(("prompt", "instruction", "instruction_en"), f"Question {number}?")
        row = {
            "id": f"p-{number}/crosslingual/de",
            "prompt_id": f"p-{number}",
            **words,
            "passage": f"Passage {number}.",
        }
        asked.append(row | {"truth": "Wahr.", "slots": None, **kept})
    write(asked, "benchmark/rows.parquet", typed)
    for model in ("base", "reference"):
        answers = [
            {
                "id": row["id"],
                "prompt_id": row["prompt_id"],
                "answer": f"{model} on {row['id']}",
                "model": model,
                "finish": "stop",
                **kept,
            }
            for row in asked
        ]
        write(answers, f"answers/{model}/rows.parquet", typed)
    verdict = {
        "id": f"{PROMPT}/reference",
        "prompt_row": PROMPT,
        "opponent": "reference",
        "preference": 0.0,
        "settled_by": "judge",
        **kept,
    }
    write([verdict], "verdicts/base/rows.parquet", typed)


def test_a_benchmark_prompt_leads_to_every_answer_and_verdict(bare: Path) -> None:
    benchmark("embedded")
    names = [(step["name"], step["id"]) for step in told(PROMPT)["steps"]]
    assert names == [
        ("benchmark", PROMPT),
        ("answers@base", PROMPT),
        ("verdicts@base", f"{PROMPT}/reference"),
        ("answers@reference", PROMPT),
    ]
    found = steps(told(f"{PROMPT}/reference"))
    assert found["verdicts@base"][0]["calls"] == []
    [call] = found["answers@base"][0]["calls"]
    assert call["messages"] == [{"role": "user", "content": "Question 1?"}]
    assert found["answers@reference"][0]["calls"][0]["prompt"].startswith("answer.brief@")


def test_a_verdict_tells_what_its_judge_was_shown_in_both_orders(bare: Path) -> None:
    benchmark("llm")
    [step] = steps(told(f"{PROMPT}/reference"))["verdicts@base"]
    shown = [call["messages"][0]["content"] for call in step["calls"]]
    assert len(shown) == 2
    ours, theirs = f"base on {PROMPT}", f"reference on {PROMPT}"
    assert [text.index(ours) < text.index(theirs) for text in shown] == [True, False]
    assert {call["role"] for call in step["calls"]} == {"judge"}


@pytest.mark.parametrize("asked", ["s-1/xx", "s-2", "nothing like it at all"])
def test_an_unknown_id_is_told_with_what_is_near(bare: Path, asked: str) -> None:
    write([{"id": "s-1", "stage": "seeds", "reason": "empty", "detail": "", "raw": ""}], "seeds/rejects.parquet")
    with pytest.raises(Exception, match=f"no row of this build has the id '{asked}': .*(s-1|--find)"):
        lineage(asked)


def test_the_chain_of_a_row_needs_neither_store_nor_git(bare: Path) -> None:
    write([{"id": "s-1", "stage": "seeds", "reason": "empty", "detail": "", "raw": ""}], "seeds/rejects.parquet")
    found = lineage("s-1", Tables(Path("data")))
    assert [(link.name, link.outcome) for link in found.links] == [("seeds", "set_aside")]
    assert story.story(found)["steps"][0]["built"]["commit"] is None
    assert not Path("cache.sqlite").exists()
