"""The profile of the paper, from `xlforge init` to win rates. Datasets of the hub are folders of the same layout."""

from __future__ import annotations

import importlib
import json
import re
from pathlib import Path
from unittest import mock

import orjson
import polars as pl
import pytest
from click.testing import CliRunner

from commands.main import cli
from tests.initial.test_own_build import PASSAGES
from tests.project import Project
from tests.replies import WORDS, Replies
from tests.server import Server
from tests.verdicts import judges
from xlforge.config.params import load
from xlforge.stage.stage import Stage

COUNT = 10
LANGUAGES = {"de": "German", "pt": "Portuguese"}
STAGES = [
    *("seeds", "instructions", "responses", "scores", "benchmark", "answers@teacher", "answers@reference"),
    *(f"{stage}@{code}" for code in LANGUAGES for stage in ("translations", "selection")),
    *("dataset", "verdicts@teacher", "verdicts@reference", "evaluation"),
]


class Models(Replies):
    """The teacher's answers, in the language that the prompt names; and a judge that wants the subject of the question, at length."""

    def __call__(self, messages: list[dict[str, str]], seed: int) -> str:
        prompt = messages[-1]["content"]
        if "<answer_a>" in prompt:
            return judges.honest(messages)
        if (subject := re.search(r"Mere-\d+", prompt)) and "<" not in prompt:
            text = (
                f"{subject.group()} is a deep and quiet lake in the far north, and many birds live on its long shore."
            )
            named = next((name for name in WORDS if name in prompt), None)
            return self._translate(text, named, seed) if named else text
        return super().__call__(messages, seed)


def datasets(folder: Path) -> list[str]:
    """Prompts as XL-AlpacaEval and m-AlpacaEval have them, a split a language; the words of `xlforge use` that name the folders."""
    english = [f"How deep is Mere-{number}?" for number in range(COUNT)]
    xl = {"english": english}
    xl |= {name.lower(): [f"{text} Please answer in {name}." for text in english] for name in LANGUAGES.values()}
    questions = {"german": "Wie tief ist Mere-{}?", "portuguese": "Qual é a profundidade de Mere-{}?"}
    translated = {split: [text.format(number) for number in range(COUNT)] for split, text in questions.items()}
    for name, splits in (("xl", xl), ("m", translated)):
        (folder / name).mkdir(parents=True)
        for split, texts in splits.items():
            (folder / name / f"{split}.json").write_text(json.dumps([{"instruction": text} for text in texts]))
        files = "".join(f"  - split: {split}\n    path: {split}.json\n" for split in splits)
        card = f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}---\n"
        (folder / name / "README.md").write_text(card)
    places = {"source": "xl", "requested": "xl", "translated": "m"}
    return [f"benchmark.{key}.name={folder / name}" for key, name in places.items()]


def xlforge(*words: str) -> str:
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.exception or done.output
    return done.output


def work(name: str, folder: Path) -> None:
    """A stage, in this process."""
    stage, _, item = name.partition("@")
    folder.mkdir()
    build = Stage(stage, item or None, load(), folder)
    try:
        importlib.import_module(f"stages.{stage}").work(build)
    finally:
        build.close()


@pytest.mark.slow
def test_the_papers_profile_builds_to_win_rates_grades_and_transfer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project.make(tmp_path / "project", {})
    (project.folder / "mine.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in PASSAGES))
    monkeypatch.chdir(project.folder)
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr("huggingface_hub.HfApi.repo_info", mock.Mock(side_effect=OSError("no network")))
    named = ("--seeds", "mine.jsonl", "--languages", ",".join(LANGUAGES), "--student", "none", "--model", "teacher")
    models = ("teacher", "gpt-4o", "gpt-4o-mini")
    with Server(answer="tests.initial.test_paper_build:Models", models=models) as server, Server(models=models) as mini:
        monkeypatch.setenv("XLFORGE_ENDPOINT_ANSWERS_REFERENCE", mini.url)
        xlforge("init", "--profile", "paper", *named, "--endpoint", server.url)
        xlforge("use", *datasets(tmp_path / "hub"))
        for number, name in enumerate(STAGES):
            work(name, tmp_path / f"{number}")
        sent = [each["messages"][-1]["content"] for each in server.requests() if each["model"] == "gpt-4o"]
        assert mini.counts()["answered"] == COUNT * (2 * len(LANGUAGES) + 1)
    assert any("<answer_a>" in text and "Please answer in Portuguese." in text for text in sent)
    rows = project.read("dataset")
    assert {code: len(rows.filter(language=code)) for code in LANGUAGES} == dict.fromkeys(LANGUAGES, len(PASSAGES))
    metrics = orjson.loads((project.folder / "data/evaluation/metrics.json").read_bytes())
    teacher = metrics["models"]["teacher"]
    assert set(teacher) == {"de", "pt", "mean", "english", "same_de", "same_pt", "same_mean"}
    assert all((row["win_rate"], row["coverage"], row["cut_off"]) == (100, 1, 0) for row in teacher.values())
    table = pl.read_csv(project.folder / "data/evaluation/table.csv").filter(model="teacher")
    for name, share in (("crosslingual", 1), ("same_language", 0)):
        assert set(table.filter(set=name)["right_language"]) == {share}
    assert table["naturalness"].is_between(2, 5).all() and table["naturalness"].null_count() == 0
    verdicts = project.read("verdicts", item="teacher")
    assert (verdicts["first_order"] == verdicts["second_order"]).all() and set(verdicts["settled_by"]) == {"judge"}
    assert "too few prompts" not in xlforge("summary")
