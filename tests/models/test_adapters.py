"""A PEFT adapter over a model: merged when it is loaded, pinned by digest, and refused where it does not fit."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.models import tiny
from tests.models.cached import Cached
from tests.models.test_transformers import assert_own_responses, prompts
from tests.models.tiny import save_adapter
from xlforge.config.execution import Execution
from xlforge.config.models import Model, Sampling
from xlforge.models.engine import EngineError
from xlforge.models.revision import adapted, folder_digest
from xlforge.models.transformers.engine import TransformersEngine
from xlforge.requests.request import Request


@pytest.fixture(scope="module")
def student(spec: Model, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The tiny model with an adapter over it."""
    folder = save_adapter(tmp_path_factory.mktemp("adapter"), spec)
    return spec.model_copy(update={"adapter": str(folder), "revision": adapted(spec.revision, folder)})


def test_responses_are_those_of_peft_and_not_of_the_base(
    student: Model, spec: Model, llm: Callable[..., Cached]
) -> None:
    texts, greedy = prompts(12, 20), Sampling(max_tokens=16)
    ours = llm(model=student, sampling=greedy).texts(texts)
    base = llm(model=spec, sampling=greedy).texts(texts)
    tokenizer = AutoTokenizer.from_pretrained(spec.model)
    model = AutoModelForCausalLM.from_pretrained(spec.model, dtype=torch.float32)
    theirs = PeftModel.from_pretrained(model, student.adapter).eval()
    for text, our in zip(texts, ours, strict=True):
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": text}], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )
        tokens = theirs.generate(**prompt, max_new_tokens=16, do_sample=False, eos_token_id=2)
        assert tokenizer.decode(tokens[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True) == our
    assert sum(one != other for one, other in zip(ours, base, strict=True)) >= 6


def test_other_rows_change_nothing_with_an_adapter(student: Model, llm: Callable[..., Cached]) -> None:
    assert_own_responses(llm, prompts(40, 30), 9, model=student)


def test_base_and_students_share_no_cached_responses(
    student: Model, spec: Model, llm: Callable[..., Cached], tmp_path: Path
) -> None:
    other = save_adapter(tmp_path / "other", spec, seed=2)
    retrained = spec.model_copy(update={"adapter": str(other), "revision": adapted(spec.revision, other)})
    for model in (spec, student, retrained):
        llm(model=model).responses(["ninety miles"])
    offline = [llm(model=model, offline=True).responses(["ninety miles"]) for model in (spec, student, retrained)]
    assert len({response.logprob for ((response,),) in offline}) == 3


def test_the_revision_of_a_student_is_of_both(student: Model, spec: Model) -> None:
    assert student.revision == f"{spec.revision}+{folder_digest(Path(student.adapter))}"


def test_an_adapter_that_changed_since_is_refused(student: Model, spec: Model, tmp_path: Path) -> None:
    folder = save_adapter(tmp_path / "other", spec, seed=random.Random(3).randint(5, 9))
    with pytest.raises(EngineError, match="changed meanwhile"):
        TransformersEngine(student.model_copy(update={"adapter": str(folder)}), Execution())


def test_a_pickled_adapter_is_refused(spec: Model, tmp_path: Path) -> None:
    folder = save_adapter(tmp_path / "adapter", spec)
    (folder / "adapter_model.safetensors").rename(folder / "adapter_model.bin")
    model = spec.model_copy(update={"adapter": str(folder), "revision": adapted(spec.revision, folder)})
    with pytest.raises(EngineError, match="only safetensors are loaded"):
        TransformersEngine(model, Execution())


def test_a_folder_without_an_adapter_is_an_error(spec: Model, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"adapter_config\.json.*train it first"):
        adapted(spec.revision, tmp_path / "nowhere")


@pytest.mark.parametrize("other", [{"hidden_size": 32}, {"num_hidden_layers": 3}], ids=["another width", "more layers"])
def test_an_adapter_of_another_model_is_refused(spec: Model, tmp_path: Path, other: dict[str, int]) -> None:
    model = tiny.save(tmp_path / "other", tiny.config(**other))
    folder = save_adapter(tmp_path / "adapter", Model(model=str(model), revision="-"))
    model = spec.model_copy(update={"adapter": str(folder), "revision": adapted(spec.revision, folder)})
    with pytest.raises(EngineError, match="trained on"):
        TransformersEngine(model, Execution())


def test_only_lora_is_merged(spec: Model, tmp_path: Path) -> None:
    folder = save_adapter(tmp_path / "adapter", spec)
    settings = json.loads((folder / "adapter_config.json").read_text())
    (folder / "adapter_config.json").write_text(
        json.dumps({"peft_type": "PROMPT_TUNING", "task_type": settings["task_type"]})
    )
    model = spec.model_copy(update={"adapter": str(folder), "revision": adapted(spec.revision, folder)})
    with pytest.raises(EngineError, match="only LoRA"):
        TransformersEngine(model, Execution())


def test_a_student_uses_the_template_it_was_trained_with(spec: Model, tmp_path: Path) -> None:
    folder = save_adapter(tmp_path / "adapter", spec)
    (folder / "chat_template.jinja").write_text("Q: {{ messages[0].content }}\nA:")
    model = spec.model_copy(update={"adapter": str(folder), "revision": adapted(spec.revision, folder)})
    engine = TransformersEngine(model, Execution())
    prompt = engine._prompt(Request("transformers", "m", None, (("user", "Why?"),)))
    assert engine._tokenizer.decode(prompt) == "Q: Why?\nA:"


def test_a_chat_template_of_params_is_used_and_is_part_of_the_cache_key(
    spec: Model, llm: Callable[..., Cached]
) -> None:
    plain = spec.model_copy(update={"chat_template": "Q: {{ messages[0].content }}\nA:"})
    engine = TransformersEngine(plain, Execution())
    assert (
        engine._tokenizer.decode(engine._prompt(Request("transformers", "m", None, (("user", "Why?"),))))
        == "Q: Why?\nA:"
    )
    llm(model=spec).responses(["Why?"])
    with pytest.raises(EngineError, match="lacks 1 of the responses"):
        llm(model=plain, offline=True).responses(["Why?"])


def test_what_only_runs_in_process_is_refused_elsewhere() -> None:
    for extra in ({"adapter": "models/students/first"}, {"chat_template": "{{ messages }}"}):
        with pytest.raises(ValueError, match="engine transformers"):
            Model(engine="openai", model="m", **extra)
