"""Which model generates the answers: a base, or a student in process or served, each with its own revision."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.answers.v1.models import model_of, role
from pipelines.answers.v1.pipeline import ANSWER, PIPELINES, TRANSLATE
from tests.config.test_params import with_change
from xlforge.config.execution import Execution
from xlforge.config.models import Compared, Model
from xlforge.config.params import Config, ParamsError, load
from xlforge.config.students import Base
from xlforge.models.revision import adapted

STUDENT = {"student": "first", "against": "base", "needs": "models/students/first"}


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """The project's params with a base on the hub, in a folder with the adapter of `first`."""
    shipped = load()
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "models" / "students" / "first"
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text("{}")
    return replace(shipped, bases={"pocket": Base(model="org/base", revision="abc")}, models={})


def test_a_student_in_process_is_its_base_with_its_adapter(config: Config) -> None:
    config.models["first"] = Compared(**STUDENT)
    revision = adapted("abc", Path("models/students/first"))
    assert revision.startswith("abc+sha256:")
    assert model_of(config, "first") == Model(
        model="org/base", adapter="models/students/first", revision=revision, prompts="full"
    )


@pytest.mark.parametrize(("served", "name"), [(None, "first"), ("lora-7", "lora-7")])
def test_a_served_student_has_its_name_and_the_same_revision(config: Config, served: str | None, name: str) -> None:
    config.models["first"] = Compared(**STUDENT, engine="openai", model=served)
    model = model_of(config, "first")
    assert (model.engine, model.model) == ("openai", name)
    assert model.revision == adapted("abc", Path("models/students/first"))


def test_a_compared_model_may_set_what_its_requests_hold(config: Config) -> None:
    options = {"omit": ("temperature",), "reasoning_effort": "low"}
    entry = {"engine": "openai", "model": "any", "against": "any", "needs": "stages/answers.py"}
    config.models["any"] = Compared(**entry, **options)
    assert model_of(config, "any").identity == {"omit": ["temperature"], "reasoning_effort": "low"}


def test_a_retrained_student_is_another_model(config: Config) -> None:
    config.models["first"] = Compared(**STUDENT)
    before = model_of(config, "first").revision
    Path("models/students/first/adapter_config.json").write_text('{"r": 16}')
    assert model_of(config, "first").revision != before


def test_a_model_may_have_an_endpoint_of_its_own() -> None:
    how = Execution(endpoints={"answers": "http://a/v1", "answers_gpt": "http://b/v1"})
    assert [role(how, name) for name in ("gpt", "first")] == ["answers_gpt", "answers"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"models.base.against": "nobody"}, "models.base.against: 'nobody' is not under `models`"),
        (
            {"models.first.student": "nobody", "models.first.needs": "models/students/nobody"},
            "models.first.student: 'nobody' is not under `students`",
        ),
        ({"models.first.needs": "models/pocket/teacher"}, "write needs: models/students/first"),
        ({"models.reference.needs": "stages/answers.py"}, "write needs: models/pocket/teacher"),
        ({"models.base.pivto": True}, "did you mean 'pivot'"),
        ({"models.base.reads": "passage"}, "reads is for a model with pivot"),
        ({"models.base.file": "a.jsonl"}, "give one of model, student and file"),
        ({"models.first.revision": "sha256:0"}, "leave them out here"),
        ({"verdicts.reference": "gpt"}, "verdicts.reference: 'gpt' is not under `models`"),
        ({"verdicts.judge": "human"}, "verdicts.judge: 'human'"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_entry_with_an_unknown_name_is_an_error(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    with pytest.raises(ParamsError) as error:
        load(with_change(tmp_path, change))
    assert message in str(error.value)


def test_dvc_and_the_students_agree_on_the_place_of_adapters() -> None:
    stages = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]
    assert "models/students/${key}" in stages["student"]["do"]["outs"]
    assert "${item.needs}" in stages["answers"]["do"]["deps"]


def test_dvc_tracks_the_prompts_of_a_pivot() -> None:
    deps = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]["answers"]["do"]["deps"]
    for folder in (ANSWER, TRANSLATE):
        assert list(folder.glob("*.jinja2"))
        assert folder.relative_to(PIPELINES.parent).as_posix() in deps
