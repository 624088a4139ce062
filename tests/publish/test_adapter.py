"""An adapter goes to the Hub with its tokenizer, curve and win rates, and peft loads back the weights that were trained."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import yaml
from huggingface_hub import ModelCard
from huggingface_hub.repocard_data import model_index_to_eval_results
from safetensors.numpy import load_file

from tests.project import Project
from tests.publish.conftest import environment
from tests.publish.hub_server import Hub
from xlforge.base.errors import BuildError
from xlforge.config import params
from xlforge.publish import state
from xlforge.publish.adapter import publication, written
from xlforge.publish.evaluated import Evaluated, evaluated
from xlforge.publish.hub import read

REPO, STUDENT, CODE = "someone/tuned", "bestof3", "0123456789abcdef"
LOAD = """
import sys
from peft import PeftModel, get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer
repo, out = sys.argv[1:]
model = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained("models/pocket/student"), repo)
save_file({name: weight.contiguous() for name, weight in get_peft_model_state_dict(model).items()}, out)
tokenizer = AutoTokenizer.from_pretrained(repo)
print(tokenizer.apply_chat_template([{"role": "user", "content": "Where is Vonurak?"}], add_generation_prompt=True, tokenize=False))
"""
COLUMNS = ("win_rate", "low", "high", "length_controlled", "coverage", "right_language")


@pytest.fixture
def tuned(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A built project with an adapter as a training delivers it, but of random weights; dvc and git have it."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM, AutoTokenizer

    monkeypatch.chdir(project.folder)
    base = AutoModelForCausalLM.from_pretrained("models/pocket/student")
    config = LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    folder, out = Path("models/students", STUDENT), Path("data/student", STUDENT)
    get_peft_model(base, config).save_pretrained(folder)
    (folder / "README.md").unlink()
    tokenizer = AutoTokenizer.from_pretrained("models/pocket/student")
    (folder / "chat_template.jinja").write_text(str(tokenizer.chat_template))
    out.mkdir(parents=True, exist_ok=True)
    metrics = {
        "languages": {"de": 20}, "rows": 20, "rejects": 0, "reasons": {}, "steps": 10, "parameters": 1234,
        "loss": {"first": 1.0, "last": 0.1, "mean": 0.3},
        "validation": {"rows": 7, "lowest": 0.2, "last": 0.4},
        "tokens": {"prompts": 400, "completions": 900, "longest": 80, "read": 1300},
    }  # fmt: skip
    (out / "metrics.json").write_bytes(orjson.dumps(metrics))
    (out / "loss.csv").write_text("step,loss\n" + "".join(f"{step},{1 / step:.4f}\n" for step in range(1, 11)))
    (out / "validation.csv").write_text("step,loss\n")
    code = Path("data/code/student", f"{STUDENT}.json")
    code.parent.mkdir(parents=True, exist_ok=True)
    code.write_bytes(orjson.dumps({"code": CODE, "version": None}))
    for name in ("rows", "rejects"):
        project.read("dataset", "rejects").write_parquet(out / f"{name}.parquet")
    project.run("dvc", "commit", "--force", f"student@{STUDENT}")
    project.commit("trained")
    return project


@pytest.mark.slow
def test_a_published_adapter_is_loaded_back_weight_for_weight(tuned: Project, hub: Hub, tmp_path: Path) -> None:
    words = ["xlforge", "publish", "adapter", "--student", STUDENT, "--repo", REPO, "--dataset", "someone/pocket"]
    tuned.run(*words, env=environment(hub, tmp_path / "home"))
    out = tmp_path / "loaded.safetensors"
    loaded = tuned.run("python", "-c", LOAD, REPO, str(out), env=environment(hub, tmp_path / "loader"))
    mine = load_file(tuned.folder / "models/students" / STUDENT / "adapter_model.safetensors")
    there = load_file(out)
    assert mine.keys() == there.keys() and all((mine[name] == there[name]).all() for name in mine)
    assert "Where is Vonurak?" in loaded.stdout
    before = hub.repository(REPO, "model").shown
    assert "nothing changed" in tuned.run(*words, env=environment(hub, tmp_path / "home")).stdout
    assert hub.repository(REPO, "model").shown == before
    card = ModelCard(hub.files(REPO, "model")["README.md"].decode())
    assert card.data["library_name"] == "peft" and card.data["datasets"] == ["someone/pocket"]
    assert "base_model" not in card.data.to_dict(), "a folder here has no name on the Hub"
    assert hub.files(REPO, "model")["loss.csv"] == (tuned.folder / "data/student" / STUDENT / "loss.csv").read_bytes()


def test_the_card_holds_recipe_loss_and_win_rates_as_model_index(tuned: Project) -> None:
    config = params.load()
    figures = [
        dict.fromkeys(COLUMNS, 0.5) | {"model": STUDENT, "set": "crosslingual", "language": "de", "win_rate": 61.5}
    ]
    figures += [figures[0] | {"language": "mean", "win_rate": 60.0}, figures[0] | {"model": "base", "win_rate": 7.5}]
    figures += [figures[0] | {"language": "hu", "low": None, "high": None}]
    figures += [figures[0] | {"set": "english", "win_rate": 8.5}]
    card = ModelCard(
        written(
            REPO,
            STUDENT,
            config,
            here=state.State("a" * 40, "b" * 64),
            data=None,
            figures=Evaluated("a judge", "reference", figures, []),
        )
    )
    name, results = model_index_to_eval_results(yaml.safe_load(card.data.to_yaml())["model-index"])
    assert name == "tuned"
    rates = {one.dataset_split: one.metric_value for one in results if one.metric_type == "win_rate"}
    assert rates == {"de": 61.5, "mean": 60.0, "hu": 61.5}
    assert "r: 16" in card.text and "1.000 at the first step, 0.100 in the mean" in card.text
    assert "| `bestof3` | German | 61.5 | 0.5 to 0.5 |" in card.text
    assert "| `bestof3` | Hungarian | 61.5 | too few prompts |" in card.text
    assert "7.5" not in card.text
    assert config.bases["pocket"].revision in card.text and CODE in card.text


def test_the_same_adapter_has_the_same_bytes(tuned: Project) -> None:
    one, notes = publication(REPO, STUDENT, None)
    other, _ = publication(REPO, STUDENT, None)
    assert one.tag == other.tag
    assert "no evaluation" in notes[0]
    assert {
        "adapter_model.safetensors",
        "adapter_config.json",
        "tokenizer.json",
        "loss.csv",
        "README.md",
    } <= one.files.keys()
    assert str(tuned.folder).encode() not in b"".join(read(content) for content in one.files.values())


def test_an_adapter_that_was_changed_since_is_refused(tuned: Project) -> None:
    config = tuned.folder / "models/students" / STUDENT / "adapter_config.json"
    text = config.read_text()
    config.unlink()
    config.write_text(text.replace('"r": 2', '"r": 3'))
    with pytest.raises(BuildError, match=rf"models/students/{STUDENT} is modified"):
        publication(REPO, STUDENT, None)


def test_a_secret_in_a_file_of_the_adapter_is_refused(tuned: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_API_KEY", "down_proj")
    with pytest.raises(BuildError, match=r"adapter_config\.json holds the value of SOME_API_KEY"):
        publication(REPO, STUDENT, None)


def test_an_unknown_student_is_an_error_with_the_nearest_name(tuned: Project) -> None:
    with pytest.raises(BuildError, match=r"no student is called 'best'.*bestof3"):
        publication(REPO, "best", None)


@pytest.fixture
def figures_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the tables of an evaluation."""
    folder = tmp_path / "data" / "evaluation"
    folder.mkdir(parents=True)
    (folder / "table.csv").write_text("model,set,language,win_rate\nbestof3,crosslingual,mean,60.5\n")
    (folder / "differences.csv").write_text("model,other,language,difference\nbestof3,base,mean,1.5\n")
    monkeypatch.setattr("xlforge.publish.build.DATA", tmp_path / "data")


@pytest.mark.usefixtures("figures_here")
def test_an_evaluation_is_shown_if_it_is_of_this_build_omitted_if_not_and_refused_if_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    config = params.load()
    outputs: list[str] = []
    inputs: list[str] = []
    monkeypatch.setattr(state, "drift", lambda stage: (outputs, inputs))
    found, notes = evaluated(config)
    assert found and found.of("mean")[0]["win_rate"] == 60.5 and not notes
    inputs.append("evaluation: parameter evaluation.compare: 1 → 2")
    found, notes = evaluated(config)
    assert found is None and "evaluation.compare" in notes[0]
    outputs.append("evaluation: data/evaluation/table.csv is modified")
    with pytest.raises(BuildError, match=r"table\.csv is modified"):
        evaluated(config)
