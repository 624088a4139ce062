"""Real passages through the endpoint engine, against a server that answers well, badly, late and with hostile text."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import orjson
import polars as pl
import pytest

from tests.project import Project
from tests.server import Fault, Server

SERVED = {"engine": "openai", "model": "served", "revision": None, "prompts": "full"}
ROLES = {"teacher": SERVED, "judge": SERVED, "translators": {"pocket": SERVED}, "estimator": SERVED}
LENIENT = {
    f"{stage}.max_reject_rate": 1.0
    for stage in ("seeds", "instructions", "responses", "scores", "translations", "selection")
}
SECRET = "-".join(("sk", "planted", "5ecre7"))


def served(folder: Path, shared: Path, passages: int = 120) -> Project:
    """A project whose seeds are real passages and whose every role is served by an endpoint."""
    lines = (shared / "xquad" / "passages.jsonl").read_bytes().splitlines()[:passages]
    source = folder / "passages.jsonl"
    source.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"id": f"p{number}", "text": orjson.loads(line)["en"]} for number, line in enumerate(lines)]
    source.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    sampling = {f"{stage}.sampling.max_tokens": 2000 for stage in ("responses", "scores", "translations", "selection")}
    seeds = {"seeds.source.path": str(source), "seeds.sample": None, "seeds.max_chars": 5000}
    return Project.make(folder / "project", {"languages": ["de"], **ROLES, **LENIENT, **sampling, **seeds})


def at(server: Server, **more: str) -> dict[str, str]:
    return {"XLFORGE_ENDPOINT": server.url, "XLFORGE_MAX_RETRIES": "3", "XLFORGE_MAX_FAILURES": "200"} | more


def start_of(project: Project, number: int) -> str:
    """Words that only the requests about one passage hold."""
    return str(orjson.loads((project.folder.parent / "passages.jsonl").read_bytes().splitlines()[number])["text"][:60])


def reasons(project: Project, stage: str, item: str = "") -> dict[str, str]:
    rejects = project.read(stage, "rejects", item)
    return {row["id"].split("-")[0]: row["reason"] for row in rejects.to_dicts()}


@pytest.mark.slow
def test_every_passage_is_in_rows_or_rejects_and_the_reasons_are_right(shared: Path, tmp_path: Path) -> None:
    project = served(tmp_path, shared)
    bad = {
        5: ("nul", "broken_characters"),
        10: ("surrogates", "broken_characters"),
        15: ("megabyte", "too_long"),
        20: ("empty", "empty"),
        25: ("delimiters", "special_tokens"),
        30: ("no json", "no_response"),
        35: ("cut", "no_response"),
        40: ("endless", "no_response"),
        45: ("shape", "no_response"),
        50: ("400", "no_response"),
        55: ("wrong language", "not_english"),
    }
    faults = [Fault(kind, contains=start_of(project, number)) for number, (kind, _) in bad.items()]
    faults += [Fault("html", share=0.6, contains="Grade an answer")]
    faults += [Fault("wrong language", share=0.2, contains="Translate the text into German")]
    faults += [Fault("late", share=0.03, tries=1, seconds=4), Fault("429", share=0.1, tries=1, seconds=0.2)]
    faults += [
        Fault("500", share=0.1, tries=1),
        Fault("cut json", share=0.05, tries=1),
        Fault("drop", share=0.05, tries=1),
    ]
    with Server(faults=faults) as server:
        first = project.run("dvc", "repro", "dataset", check=False, env=at(server, XLFORGE_TIMEOUT="2"))
        assert "5 requests got no response" in first.stderr
        project.repro(env=at(server, XLFORGE_TIMEOUT="2", XLFORGE_GIVE_UP="2"))
        counts = server.counts()
    assert set(project.read("seeds")["id"].str.split("-").list.first()) >= {f"p{number}" for number in bad}
    found = reasons(project, "instructions")
    assert {number: found.get(f"p{number}") for number in bad} == {
        number: reason for number, (_, reason) in bad.items()
    }
    assert len(found) == len(bad)
    ungraded = [reason for reason in reasons(project, "scores").values() if reason != "below_threshold"]
    assert set(ungraded) == {"unreadable_grades"}
    assert 0.1 < len(ungraded) / len(project.read("responses")) < 0.4
    candidates = project.read("selection", "candidates", "de")
    wrong = candidates.filter(pl.col("problems").list.join("\n").str.contains("wrong_language"))
    assert 0.1 < len(wrong) / len(candidates) < 0.3
    assert not wrong["chosen"].any()
    assert counts["repeated"] == counts["statuses"]["late"]
    assert len(project.read("dataset").filter(pl.col("language") == "de")) > 40


@pytest.mark.slow
def test_a_fault_of_the_server_rejects_no_row_and_the_next_build_sends_those_requests_alone(
    shared: Path, tmp_path: Path
) -> None:
    project = served(tmp_path, shared, passages=40)
    faults = [Fault("500", contains=start_of(project, number)) for number in range(15)]
    with Server(faults=faults) as server:
        done = project.run("dvc", "repro", "dataset", check=False, env=at(server, XLFORGE_MAX_RETRIES="0"))
        answered = server.counts()["answered"]
    assert done.returncode != 0
    message = re.search(r"(\d+) requests got no response \((\d+) × HTTP 500\)", done.stderr)
    assert message is not None
    assert message[1] == message[2]
    failed = int(message[1])
    assert 10 <= failed <= 15
    assert "dvc repro" in done.stderr
    assert not (project.folder / "data" / "instructions" / "rows.parquet").exists()
    plan = project.run("xlforge", "plan", "dataset").stdout
    assert "no response in the last run" in plan
    assert "p0-" in plan
    with Server() as server:
        ran = project.repro(env=at(server))
    instructions = next(record for record in ran if record["stage"] == "instructions")
    assert (instructions["calls"], instructions["hits"]) == (failed, answered)
    assert len(project.read("instructions")) == instructions["rows_in"]
    assert "no response" not in project.run("xlforge", "plan", "dataset").stdout


@pytest.mark.slow
def test_too_many_failures_end_the_build_and_every_response_is_kept(shared: Path, tmp_path: Path) -> None:
    project = served(tmp_path, shared, passages=60)
    faults = [Fault("500", contains=start_of(project, number)) for number in range(20, 60)]
    env = {"XLFORGE_MAX_RETRIES": "0", "XLFORGE_MAX_FAILURES": "5", "XLFORGE_CONCURRENCY": "4"}
    with Server(faults=faults, latency=0.05, slots=4) as server:
        done = project.run("dvc", "repro", "dataset", check=False, env=at(server, **env))
        answered = server.counts()["answered"]
    assert done.returncode != 0
    assert "requests in a row got no response" in done.stderr
    assert "run again" in done.stderr
    assert not (project.folder / "data" / "instructions" / "rows.parquet").exists()
    with sqlite3.connect(project.folder / ".xlforge" / "cache.sqlite") as store:
        kept = store.execute("select count(*) from responses").fetchone()[0]
    assert 0 < kept == answered
    with Server() as server:
        ran = project.repro(env=at(server))
    instructions = next(record for record in ran if record["stage"] == "instructions")
    assert instructions["hits"] == kept
    assert instructions["calls"] == instructions["rows_in"] - kept


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env", "told"),
    [({}, "XLFORGE_ENDPOINT"), ({"XLFORGE_ENDPOINT": "http://127.0.0.1:9/v1"}, "XLFORGE_ENDPOINT")],
    ids=["none is named", "nobody answers"],
)
def test_an_endpoint_that_is_not_there_is_told_and_nothing_is_half_written(
    shared: Path, tmp_path: Path, env: dict[str, str], told: str
) -> None:
    project = served(tmp_path, shared, passages=10)
    done = project.run("dvc", "repro", "dataset", check=False, env=env)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((project.folder / "data" / "instructions").glob("*.parquet"))


@pytest.mark.slow
def test_a_wrong_key_ends_the_build_at_once_without_telling_it(shared: Path, tmp_path: Path) -> None:
    project = served(tmp_path, shared, passages=12)
    with Server(key="another") as server:
        done = project.run("dvc", "repro", "dataset", check=False, env=at(server, XLFORGE_API_KEY=SECRET))
    assert done.returncode != 0
    assert SECRET not in done.stdout + done.stderr
    assert "XLFORGE_API_KEY" in done.stderr


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"seeds.source.path": "nowhere.jsonl"}, "nowhere.jsonl"),
        ({"scores.threshold.min_grad": 3}, "did you mean 'min_grade'"),
        ({"languages": ["de", "klingon"]}, "unknown language 'klingon'"),
    ],
)
def test_bad_input_is_told_before_the_first_call(tmp_path: Path, change: dict[str, object], told: str) -> None:
    project = Project.make(tmp_path / "project", {"languages": ["de"], **change})
    done = project.run("dvc", "repro", "dataset", check=False)
    assert done.returncode != 0
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not (project.folder / ".xlforge" / "cache.sqlite").exists()
    assert not list((project.folder / "data").rglob("rows.parquet"))


def test_an_unreadable_parquet_is_told(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"languages": ["de"], "seeds.source.kind": "parquet"})
    project.set({"seeds.source.path": "data/seeds/broken.parquet"})
    (project.folder / "data" / "seeds" / "broken.parquet").write_bytes(b"PAR1 not really")
    done = project.run("dvc", "repro", "dataset", check=False)
    assert done.returncode != 0
    assert "broken.parquet" in done.stderr
    assert "Traceback" not in done.stderr
