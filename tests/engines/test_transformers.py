"""The in-process engine: a row's answer is its own, is what the model says, and no text takes over its prompt."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma3TextConfig, MistralConfig
from xlforge.steps.stored import CachedLLM

from tests.engines import tiny
from xlforge.config.execution import Execution
from xlforge.config.models import Model, Sampling
from xlforge.models.engine import EngineError
from xlforge.models.revision import folder_digest
from xlforge.models.transformers.decoding import Manner, speak
from xlforge.models.transformers.engine import TransformersEngine
from xlforge.models.transformers.kv_cache import FOLDED
from xlforge.requests.request import Request

POCKET = Path("models/pocket/teacher")


def prompts(count: int, longest: int, seed: int = 3) -> list[str]:
    draw = random.Random(seed)
    return [" ".join(draw.choices(tiny.WORDS.split(), k=draw.randint(1, longest))) for _ in range(count)]


def assert_own_answers(llm: Callable[..., CachedLLM], texts: list[str], small: int, **options: object) -> None:
    """The same to the bit: in order on one thread, and shuffled in other batches by two threads at once."""
    at_once = llm(store="one", batch=64, **options).generate(texts, num_generations=2)
    order = list(range(len(texts)))
    random.Random(1).shuffle(order)
    cut = len(texts) // 3 + 1
    torch.set_num_threads(2)
    try:
        other = llm(store="other", batch=small, **options)
        found: dict[int, object] = {}
        for start in range(0, len(order), cut):
            part = order[start : start + cut]
            found.update(zip(part, other.generate([texts[index] for index in part], 2), strict=True))
    finally:
        torch.set_num_threads(1)
    assert [found[index] for index in range(len(texts))] == at_once


def test_neighbours_change_nothing(llm: Callable[..., CachedLLM]) -> None:
    assert_own_answers(llm, prompts(60, 40), 9)


@pytest.mark.slow
@pytest.mark.skipif(not (POCKET / "config.json").exists(), reason="models/pocket/teacher is not there: make pocket")
def test_neighbours_change_nothing_in_two_thousand_rows(llm: Callable[..., CachedLLM]) -> None:
    pocket = Model(model=str(POCKET), revision=folder_digest(POCKET))
    asked = [f"Write the question that the text answers.\n<text>\n{text}\n</text>" for text in prompts(1000, 60)]
    assert_own_answers(llm, asked, 40, model=pocket, sampling=Sampling(temperature=0.9, max_tokens=32))


@pytest.mark.parametrize(
    "shape",
    [
        tiny.config(),
        tiny.config(num_key_value_heads=4),
        MistralConfig(**tiny.SHAPE, sliding_window=12),
        Gemma3TextConfig(
            **tiny.SHAPE, head_dim=16, sliding_window=12, layer_types=["sliding_attention", "full_attention"]
        ),
    ],
    ids=["grouped heads", "all heads", "sliding window", "sliding and full"],
)
def test_greedy_answers_are_those_of_generate(shape: object) -> None:
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(shape).eval()
    reference = AutoModelForCausalLM.from_config(shape).eval()
    reference.load_state_dict(model.state_dict())
    model.set_attn_implementation(FOLDED)
    draw = random.Random(2)
    asked = [[draw.randrange(4, 300) for _ in range(draw.choice([1, 2, 15, 16, 17, 30, 40]))] for _ in range(20)]
    spoken = speak(model, asked, torch.zeros(20, 30, dtype=torch.double), [30] * 20, Manner(0.0, 1.0, (2,)))
    for prompt, said in zip(asked, spoken, strict=True):
        tokens = reference.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt)),
            max_new_tokens=30,
            do_sample=False,
            eos_token_id=2,
        )[0, len(prompt) :].tolist()
        logits = reference(torch.tensor([prompt + tokens])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
        assert said.tokens == tokens
        assert said.ended == (tokens[-1] == 2)
        assert said.logprob == pytest.approx(
            sum(row[token].item() for row, token in zip(logits, tokens, strict=True)), abs=1e-3
        )


def test_computes_in_float32_whatever_the_checkpoint(spec: Model) -> None:
    assert TransformersEngine(spec, Execution())._model.dtype == torch.float32


@pytest.mark.parametrize("special", tiny.SPECIALS)
def test_text_cannot_spell_control_tokens(spec: Model, special: str) -> None:
    engine = TransformersEngine(spec, Execution())

    def controls(text: str) -> int:
        prompt = engine._prompt(Request("transformers", "m", None, (("user", text),)))
        return sum(token < len(tiny.SPECIALS) for token in prompt)

    assert controls(f"Mills.{special}\n{special}") == controls("Mills.")


def test_an_answer_ends_at_the_models_context(llm: Callable[..., CachedLLM]) -> None:
    long = "ninety " * 120
    row = llm(sampling=Sampling(max_tokens=500)).generate([long])[0]
    assert row["finish_reason"] == ["length"]
    assert row["statistics"]["input_tokens"][0] + row["statistics"]["output_tokens"][0] == 256


def test_a_prompt_longer_than_the_context_fails_alone(llm: Callable[..., CachedLLM]) -> None:
    long, short = llm().generate(["ninety " * 300, "ninety"])
    assert long["generations"] == [None]
    assert "and the model reads 256" in long["finish_reason"][0]
    assert short["generations"][0] is not None


def test_text_with_lone_surrogates_and_nul_can_be_asked(llm: Callable[..., CachedLLM]) -> None:
    assert llm().generate(["a\ud800b\x00c"])[0]["generations"][0] is not None


def test_other_weights_than_params_say_are_refused(llm: Callable[..., CachedLLM], spec: Model) -> None:
    with pytest.raises(EngineError, match=rf"{spec.revision}.*sha256:0000.*params\.yaml"):
        llm(model=spec.model_copy(update={"revision": "sha256:0000"}))


def test_a_digest_covers_what_decides_answers_and_not_the_card(tmp_path: Path) -> None:
    folder = tiny.save(tmp_path / "model", tiny.config())
    before = folder_digest(folder)
    (folder / "README.md").write_text("Another card.")
    assert folder_digest(folder) == before
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    assert folder_digest(folder) != before


def test_a_pickled_checkpoint_is_refused(spec: Model, tmp_path: Path) -> None:
    folder = tiny.save(tmp_path / "model", tiny.config())
    weights = AutoModelForCausalLM.from_pretrained(folder).state_dict()
    (folder / "model.safetensors").unlink()
    torch.save(weights, folder / "pytorch_model.bin")
    with pytest.raises(EngineError, match="safetensors"):
        TransformersEngine(Model(model=str(folder), revision=folder_digest(folder)), Execution())


def test_a_models_own_code_runs_only_where_it_is_named(tmp_path: Path) -> None:
    folder = tiny.save(tmp_path / "model", tiny.config())
    settings = json.loads((folder / "config.json").read_text())
    settings |= {"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    spec = Model(model=str(folder), revision=folder_digest(folder), trust_remote_code="another")
    with pytest.raises(EngineError, match="trust_remote_code"):
        TransformersEngine(spec, Execution())
    assert not (tmp_path / "ran").exists()
