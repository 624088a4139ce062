"""`xlforge trace`: every row of a build shows its calls, the choice among candidates, and the commit that built it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
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
from xlforge.config import dag
from xlforge.lineage.chain import UnknownId, lineage
from xlforge.lineage.story import story
from xlforge.requests.request import Request, Sampling
from xlforge.requests.response import Response

Data = dict[str, Any]


def trace(*args: str) -> Result:
    return CliRunner().invoke(cli, ["trace", *args])


def traced(*args: str) -> Data:
    done = trace(*args, "--json")
    assert done.exit_code == 0, done.output
    found: Data = orjson.loads(done.stdout)
    return found


def steps(found: Data) -> dict[str, list[Data]]:
    named: dict[str, list[Data]] = {}
    for step in found["steps"]:
        named.setdefault(step["name"], []).append(step)
    return named


def forget() -> None:
    """Tests change the working directory; what was read from the last one is read again."""
    project.home.cache_clear()
    dag.stages.cache_clear()


@pytest.fixture
def here(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The built project, as the folder that commands run in."""
    monkeypatch.chdir(project.folder)
    forget()
    yield project
    forget()


@pytest.fixture
def example(here: Project) -> str:
    """The id of a training example, whose translation was one of several candidates."""
    return str(here.read("dataset").filter(pl.col("language") == "de")["id"][0])


def test_an_example_shows_every_call_from_its_seed_on(here: Project, example: str) -> None:
    found = steps(traced(example))
    row = here.read("dataset").row(by_predicate=pl.col("id") == example, named=True)
    english = ["seeds", "instructions", "responses", "scores"]
    assert list(found)[:7] == [*english, "translations@de", "selection@de", "dataset"]
    calls = [call for parts in found.values() for step in parts for call in step["calls"]]
    assert all(call["response"] for call in calls)
    assert not [note for parts in found.values() for step in parts for note in step["notes"]]
    [instruction], [response] = found["instructions"][0]["calls"][-1:], found["responses"][0]["calls"][-1:]
    assert instruction["response"]["text"].strip() == row["instruction"]
    assert found["seeds"][0]["row"]["passage"] in instruction["request"]["messages"][0][1]
    assert row["instruction"] in response["request"]["messages"][0][1]
    texts = {
        step["row"]["candidate"]: step["calls"][-1]["response"]["text"].strip()
        for step in found["translations@de"]
        if step["row"]
    }
    assert texts[row["qe"]["candidate"]] == row["completion"][0]["content"]
    assert found["dataset"][0]["row"]["completion"] == row["completion"]
    assert {call["key"] for call in calls} >= {entry["key"] for entry in row["provenance"]}


def test_the_request_is_the_one_that_the_cache_holds(here: Project, example: str) -> None:
    calls = [call for step in traced(example)["steps"] for call in step["calls"]]
    with Cache(f"sqlite:///{here.folder}/.xlforge/cache.sqlite") as cache:
        for call in calls:
            kept = orjson.loads(cache.request(call["key"]) or b"null")
            assert {name: call["request"][name] for name in ("messages", "model", "sampling")} == {
                name: kept[name] for name in ("messages", "model", "sampling")
            }
            assert call["seed"] == int(call["key"][:8], 16) & 0x7FFFFFFF


def test_a_selection_shows_every_candidate_with_its_calls_and_why_one_was_chosen(here: Project, example: str) -> None:
    [step] = steps(traced(example))["selection@de"]
    candidates = step["others"]["candidates"]
    fit = [row for row in candidates if row["quality"] is not None]
    best = max(fit, key=lambda row: (row["quality"], -row["candidate"]))
    assert [row["candidate"] for row in candidates if row["chosen"]] == [best["candidate"]]
    assert f"candidate {best['candidate']} has the best quality" in step["choice"]
    assert {call["id"] for call in step["calls"]} == {row["id"] for row in candidates if not row["problems"]}


def test_a_candidate_is_traced_by_its_own_id(here: Project, example: str) -> None:
    found = steps(traced(f"{example}/1"))
    assert [step["id"] for step in found["translations@de"]] == [f"{example}/1"]
    assert [call["request"]["candidate"] for call in found["translations@de"][0]["calls"]] == [1]
    assert len(found["selection@de"][0]["others"]["candidates"]) == 3


def test_a_rejected_row_shows_why_and_the_raw_text(here: Project) -> None:
    reject = here.read("scores", "rejects").row(0, named=True)
    found = traced(reject["id"])
    assert [step["outcome"] for step in found["steps"]] == ["kept", "kept", "kept", "rejected"]
    assert found["steps"][-1]["reject"]["reason"] == reject["reason"]
    assert found["steps"][-1]["calls"][-1]["response"]["text"]
    assert reject["reason"] in trace(reject["id"]).stdout


def test_without_the_cache_the_calls_are_listed_and_the_texts_reported_missing(
    here: Project, example: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLFORGE_CACHE", f"sqlite:///{here.folder}/empty.sqlite")
    [step] = traced(example, "--stage", "responses")["steps"]
    assert step["calls"][0]["prompt"].startswith("answer.brief@")
    assert step["calls"][0]["response"] is None
    assert step["notes"] == ["1 of 1 responses are not in this cache"]
    assert "the cache does not have this response" in trace(example, "--stage", "responses").stdout


def test_nothing_that_was_built_is_needed_but_tables_and_cache(here: Project, example: str) -> None:
    """Prompts, parameters and models may have changed since the build: the requests are shown as they were sent."""
    before = traced(example)
    here.set({"translations.sampling.max_tokens": 99, "translations.candidates": 1})
    shutil.rmtree(here.folder / "models")
    for prompt in here.folder.glob("pipelines/*/*/prompts/*"):
        prompt.write_text("Changed.")
    assert traced(example) == before


def test_the_commit_is_the_one_that_built_it(here: Project, example: str) -> None:
    built = here.git("rev-parse", "HEAD").strip()
    here.commit("another commit")
    assert {step["built"]["commit"] for step in traced(example)["steps"]} == {built}
    rows = here.folder / "data" / "scores" / "rows.parquet"
    pl.read_parquet(rows).reverse().write_parquet(rows)
    found = {step["name"]: step["built"] for step in traced(example)["steps"]}
    assert found["seeds"]["commit"] == built
    assert found["scores"]["commit"] is None
    assert "changed by hand" in found["scores"]["note"]


def test_a_build_that_was_not_committed_has_no_commit(here: Project, example: str) -> None:
    lock = yaml.safe_load((here.folder / "dvc.lock").read_text())
    here.git("rm", "--quiet", "--cached", "dvc.lock")
    here.git("commit", "--quiet", "--message", "the lock is gone")
    (here.folder / "dvc.lock").write_text(yaml.safe_dump(lock))
    assert traced(example)["steps"][0]["built"]["note"] == "not committed yet"


def test_words_find_their_row(here: Project, example: str) -> None:
    assert traced("--find", example.upper())["id"] == example
    several = traced("--find", "the")
    assert len({hit["id"] for hit in several["hits"]}) > 1
    assert trace("--find", "no such words anywhere").exit_code == 1


def test_the_installed_command_writes_nothing_to_standard_error(built: Project) -> None:
    row_id = built.read("selection", item="de")["id"][0]
    done = built.run("xlforge", "trace", row_id, env={"NO_COLOR": "1"})
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert "selection@de v2  kept" in done.stdout
    unknown = built.run("xlforge", "trace", row_id[:-4], check=False)
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert row_id in unknown.stderr


# Builds that no stage wrote: only the tables that are looked at.

MODEL = "model-1@1"
TYPED = {"provenance": PROVENANCE, "passage": pl.String}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with params.yaml, dvc.yaml and the pipelines, and nothing built."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("pipelines", "stages", "conf"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XLFORGE_CACHE", f"sqlite:///{tmp_path}/cache.sqlite")
    forget()
    yield tmp_path
    forget()


def write(rows: list[Data], place: str, schema: Data | None = None) -> None:
    path = Path("data", place)
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows, schema_overrides=schema).write_parquet(path)


def reject(row_id: str, stage: str, text: str = "", provenance: list[Data] | None = None) -> Data:
    mark = {"stage": stage, "reason": "unreadable", "detail": text, "raw": text}
    return {"id": row_id, **mark, "provenance": provenance or []}


def call(
    stage: str, step: str, text: str | None, response: str = "", *, fault: str | None = None, attempt: int = 0
) -> Data:
    """An entry of provenance, whose request and response are in the cache; with no text, one that no model wrote."""
    entry = {"stage": stage, "version": "v1", "step": step, "model": MODEL, "prompt": "full@abc", "key": None}
    if text is not None:
        request = Request("openai", "model-1", "1", (("user", text),), Sampling(), attempt=attempt)
        with Cache(f"sqlite:///{Path.cwd()}/cache.sqlite") as cache:
            cache.put([(request, Response(response, "stop", 9, 4))]).result()
        entry["key"] = request.key
    return entry | {"fault": fault}


HOSTILE = "safe\x1b[2J\x1b]0;title\x07\x9b31m\r\u202eesrever\u2066\ud7ff‍👩"


def test_texts_never_reach_the_terminal_as_control_sequences(bare: Path) -> None:
    calls = [call("instructions", "Write", HOSTILE, HOSTILE, fault=HOSTILE)]
    write([reject("s-1", "instructions", HOSTILE, calls)], "instructions/rejects.parquet", TYPED)
    for text in (trace("s-1").stdout, trace("--find", "safe").stdout, trace("s-1", "--json").stdout):
        assert not {"\x1b", "\x07", "\x9b", "\r", "\u202e", "\u2066"} & set(text)
        assert "‍👩" in text
    assert "\\x1b[2J" in trace("s-1").stdout
    assert traced("s-1")["steps"][0]["reject"]["raw"] == HOSTILE


def test_a_text_with_lone_surrogates_is_shown_escaped(bare: Path) -> None:
    calls = [call("instructions", "Write", "a \ud800 b", "c")]
    write([reject("s-1", "instructions", "", calls)], "instructions/rejects.parquet", TYPED)
    assert "a \\ud800 b" in trace("s-1").stdout


def test_a_retry_is_shown_after_the_response_that_could_not_be_used(bare: Path) -> None:
    calls = [
        call("instructions", "Write", "Passage", " ", fault="empty"),
        call("instructions", "Write", "Passage", "What is it?", attempt=1),
    ]
    write([{"id": "s-1", "instruction": "What is it?", "provenance": calls}], "instructions/rows.parquet", TYPED)
    [first, second] = traced("s-1")["steps"][0]["calls"]
    assert (first["fault"], first["response"]["text"], first["request"]["attempt"]) == ("empty", " ", 0)
    assert (second["fault"], second["response"]["text"], second["request"]["attempt"]) == (None, "What is it?", 1)
    text = trace("s-1").stdout
    assert text.index("not usable: empty") < text.index("Write (try 2)")


def test_a_stage_shows_its_own_calls_only(bare: Path) -> None:
    calls = [call("instructions", "Write", "Passage", "Why?"), call("responses", "Answer", "Why?", "So.")]
    write([{"id": "s-1", "provenance": calls[:1]}], "instructions/rows.parquet", TYPED)
    write([{"id": "s-1", "provenance": calls}], "responses/rows.parquet", TYPED)
    assert [[made["step"] for made in step["calls"]] for step in traced("s-1")["steps"]] == [["Write"], ["Answer"]]


def test_a_build_from_before_calls_were_recorded_gives_a_note(bare: Path) -> None:
    old = {"stage": "instructions", "version": "v1", "model": MODEL, "prompt": "full@abc"}
    write([{"id": "s-1", "provenance": [old]}], "instructions/rows.parquet")
    [step] = traced("s-1")["steps"]
    assert (step["calls"], step["notes"]) == (
        [],
        ["built before calls were recorded: rebuild this stage to see its calls"],
    )
    assert step["version"] == "v1"


def test_a_text_that_no_model_wrote_needs_no_cache(bare: Path) -> None:
    write([{"id": "p/a/de", "provenance": [call("answers", "", None)]}], "answers/reference/rows.parquet", TYPED)
    [step] = traced("p/a/de")["steps"]
    assert step["notes"] == []
    assert "no model was called" in trace("p/a/de").stdout
    assert not Path("cache.sqlite").exists()


PROMPT = "p-1/crosslingual/de"


def judged(models: dict[str, tuple[str, ...]], calls: list[Data], grades: list[Data]) -> None:
    """A benchmark prompt, an answer of each model, and a verdict on each of its pairs."""
    write([{"id": PROMPT, "prompt": "Why?", "provenance": []}], "benchmark/rows.parquet", TYPED)
    for model, opponents in models.items():
        write([{"id": PROMPT, "answer": model, "provenance": []}], f"answers/{model}/rows.parquet", TYPED)
        rows = [{"id": f"{PROMPT}/{each}", "preference": 0.5, "provenance": calls} for each in opponents]
        if rows:
            write(rows, f"verdicts/{model}/rows.parquet", TYPED)
            write([{"id": PROMPT, "length": 4, "provenance": grades}], f"verdicts/{model}/answers.parquet", TYPED)


def test_a_benchmark_prompt_leads_to_every_answer_and_verdict(bare: Path) -> None:
    judged({"base": ("reference",), "best": ("base", "reference"), "reference": ()}, [], [])
    assert [(step["name"], step["id"]) for step in traced(PROMPT)["steps"]] == [
        ("benchmark", PROMPT),
        ("answers@base", PROMPT),
        ("answers@best", PROMPT),
        ("answers@reference", PROMPT),
        ("verdicts@base", f"{PROMPT}/reference"),
        ("verdicts@best", f"{PROMPT}/base"),
        ("verdicts@best", f"{PROMPT}/reference"),
    ]


def test_a_verdict_shows_the_answers_of_its_two_models_alone(bare: Path) -> None:
    judged({"base": ("reference",), "best": ("base", "reference"), "reference": ()}, [], [])
    found = steps(traced(f"{PROMPT}/base"))
    assert list(found) == ["benchmark", "answers@base", "answers@best", "verdicts@best"]
    assert found["verdicts@best"][0]["others"]["answers"][0]["length"] == 4


def test_every_call_of_a_verdict_is_named_by_its_purpose(bare: Path) -> None:
    calls = [
        call("verdicts", "Compare", "A: ours, B: theirs", "?", fault="unreadable_verdict"),
        call("verdicts", "Compare", "A: ours, B: theirs", "A", attempt=1),
        call("verdicts", "Compare", "A: theirs, B: ours", "B"),
        call("verdicts", "Compare", "Control. A: ours, B: theirs", "B"),
        call("verdicts", "Compare", "Control. A: theirs, B: ours", "A"),
    ]
    judged({"best": ("base",)}, calls, [call("verdicts", "GradeAnswer", "Grade ours.", "{}")])
    [step] = steps(traced(f"{PROMPT}/base"))["verdicts@best"]
    assert [(made["step"], made["purpose"]) for made in step["calls"]] == [
        ("Compare", "the model's answer first"),
        ("Compare", "the model's answer first"),
        ("Compare", "the model's answer second"),
        ("Compare", "control question, the model's answer first"),
        ("Compare", "control question, the model's answer second"),
        ("GradeAnswer", None),
    ]
    assert step["calls"][-1]["id"] == PROMPT
    assert "Compare (control question, the model's answer second): model-1@1" in trace(f"{PROMPT}/base").stdout


def test_a_matrix_stage_that_no_code_knows_is_traced(bare: Path) -> None:
    declared = yaml.safe_load(Path("dvc.yaml").read_text())
    stages = {}
    for name, entry in declared["stages"].items():
        stages[name] = entry
        if name == "selection":
            stages["paraphrases"] = {"matrix": {"lang": "${languages}"}, "cmd": "true"}
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": stages}, sort_keys=False))
    forget()
    calls = [call("paraphrases", "Rewrite", "Es ist so.", "So ist es.")]
    write([{"id": "s-1", "passage": "It is so."}], "seeds/rows.parquet")
    write([{"id": "s-1/de", "provenance": []}], "selection/de/rows.parquet", TYPED)
    write([{"id": "s-1/de/p", "text": "So ist es.", "provenance": calls}], "paraphrases/de/rows.parquet", TYPED)
    write([{"id": "s-1/de"}], "dataset/rows.parquet")
    for row_id in ("s-1", "s-1/de", "s-1/de/p"):
        found = steps(traced(row_id))
        assert list(found) == ["seeds", "selection@de", "paraphrases@de", "dataset"]
        assert found["paraphrases@de"][0]["calls"][0]["response"]["text"] == "So ist es."
    assert traced("--find", "so ist es")["id"] == "s-1/de/p"


@pytest.mark.parametrize("row_id", ["s-1/xx", "s-2", "s", "nothing like it at all"])
def test_an_unknown_id_gives_similar_ones(bare: Path, row_id: str) -> None:
    write([reject("s-1", "seeds")], "seeds/rejects.parquet", TYPED)
    with pytest.raises(UnknownId, match=f"no row of this build has the id '{row_id}': .*(s-1|--find)"):
        lineage(row_id)


def test_where_nothing_is_built_the_message_names_the_remedy(bare: Path) -> None:
    with pytest.raises(UnknownId, match="dvc repro"):
        lineage("s-1")


def test_the_way_of_a_row_needs_neither_cache_nor_git(bare: Path) -> None:
    write([reject("s-1", "seeds")], "seeds/rejects.parquet", TYPED)
    way = lineage("s-1", Path("data"))
    assert [(link.name, link.outcome) for link in way] == [("seeds", "rejected")]
    assert story("s-1", way)["steps"][0]["built"]["commit"] is None
    assert not Path("cache.sqlite").exists()
