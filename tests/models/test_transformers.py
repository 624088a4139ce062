"""The in-process engine: a response depends on its own row, is what the model generates, and no text takes over its prompt."""

from __future__ import annotations

import json
import random
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, Gemma3TextConfig, MistralConfig

from tests.models import tiny
from tests.models.cached import Cached
from tests.models.sinks import ListSink
from tests.models.tiny import save_adapter
from xlforge.config.execution import Execution
from xlforge.config.models import Model, Sampling
from xlforge.models.engine import EngineError
from xlforge.models.revision import adapted, folder_digest
from xlforge.models.transformers.decoding import Options, decode
from xlforge.models.transformers.engine import TransformersEngine
from xlforge.models.transformers.kv_cache import FOLDED
from xlforge.requests.request import Request

POCKET = Path("models/pocket/teacher")


def prompts(count: int, longest: int, seed: int = 3) -> list[str]:
    rng = random.Random(seed)
    return [" ".join(rng.choices(tiny.WORDS.split(), k=rng.randint(1, longest))) for _ in range(count)]


def assert_own_responses(llm: Callable[..., Cached], texts: list[str], small: int, **options: object) -> None:
    """The same to the bit: in order on one thread, and shuffled in other batches by two threads at once."""
    at_once = llm(cache="one", batch_size=64, **options).responses(texts, candidates=2)
    order = list(range(len(texts)))
    random.Random(1).shuffle(order)
    cut = len(texts) // 3 + 1
    torch.set_num_threads(2)
    try:
        other = llm(cache="other", batch_size=small, **options)
        found: dict[int, object] = {}
        for start in range(0, len(order), cut):
            part = order[start : start + cut]
            found.update(zip(part, other.responses([texts[index] for index in part], 2), strict=True))
    finally:
        torch.set_num_threads(1)
    assert [found[index] for index in range(len(texts))] == at_once


def test_other_rows_change_nothing(llm: Callable[..., Cached]) -> None:
    assert_own_responses(llm, prompts(60, 40), 9)


@pytest.mark.slow
@pytest.mark.skipif(not (POCKET / "config.json").exists(), reason="models/pocket/teacher is missing: make pocket")
def test_other_rows_change_nothing_in_two_thousand_rows(llm: Callable[..., Cached]) -> None:
    pocket = Model(model=str(POCKET), revision=folder_digest(POCKET))
    texts = [f"Write the question that the text answers.\n<text>\n{text}\n</text>" for text in prompts(1000, 60)]
    assert_own_responses(llm, texts, 40, model=pocket, sampling=Sampling(temperature=0.9, max_tokens=32))


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
def test_greedy_responses_are_those_of_generate(shape: object) -> None:
    torch.manual_seed(7)
    model = AutoModelForCausalLM.from_config(shape).eval()
    reference = AutoModelForCausalLM.from_config(shape).eval()
    reference.load_state_dict(model.state_dict())
    model.set_attn_implementation(FOLDED)
    rng = random.Random(2)
    ids = [[rng.randrange(4, 300) for _ in range(rng.choice([1, 2, 15, 16, 17, 30, 40]))] for _ in range(20)]
    decoded = decode(model, ids, torch.zeros(20, 30, dtype=torch.double), [30] * 20, Options(0.0, 1.0, (2,)))
    for prompt, row in zip(ids, decoded, strict=True):
        tokens = reference.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt)),
            max_new_tokens=30,
            do_sample=False,
            eos_token_id=2,
        )[0, len(prompt) :].tolist()
        logits = reference(torch.tensor([prompt + tokens])).logits[0, len(prompt) - 1 : -1].log_softmax(-1)
        assert row.tokens == tokens
        assert row.ended == (tokens[-1] == 2)
        assert row.logprob == pytest.approx(
            sum(at[token].item() for at, token in zip(logits, tokens, strict=True)), abs=1e-3
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


def test_a_response_ends_at_the_models_context(llm: Callable[..., Cached]) -> None:
    long = "ninety " * 120
    ((response,),) = llm(sampling=Sampling(max_tokens=500)).responses([long])
    assert response.finish_reason == "length"
    assert response.tokens_in + response.tokens_out == 256


def test_a_prompt_longer_than_the_context_fails_alone(llm: Callable[..., Cached]) -> None:
    (long,), (short,) = llm().replies(["ninety " * 300, "ninety"])
    assert long.response is None
    assert "and the model reads 256" in long.failure
    assert short.response is not None


def test_text_with_lone_surrogates_and_nul_gets_a_response(llm: Callable[..., Cached]) -> None:
    assert llm().responses(["a\ud800b\x00c"])


def test_other_weights_than_in_params_are_refused(llm: Callable[..., Cached], spec: Model) -> None:
    with pytest.raises(EngineError, match=rf"{spec.revision}.*sha256:0000.*params\.yaml"):
        llm(model=spec.model_copy(update={"revision": "sha256:0000"}))


def test_a_digest_covers_what_decides_responses_and_not_the_card(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("adapter", [False, True], ids=["a model", "with an adapter"])
def test_a_closed_engine_has_freed_its_weights(spec: Model, tmp_path: Path, adapter: bool) -> None:
    """Engines live in the stage's process, which loads the next model after this one."""
    if adapter:
        folder = save_adapter(tmp_path / "adapter", spec)
        spec = spec.model_copy(update={"adapter": str(folder), "revision": adapted(spec.revision, folder)})
    engine, sink = TransformersEngine(spec, Execution()), ListSink()
    weights = weakref.ref(engine._model), weakref.ref(next(engine._model.parameters()))
    engine.generate([Request("transformers", "m", None, (("user", "Why?"),))], sink)
    engine.close()
    assert len(sink.completed) == 1
    assert [each() for each in weights] == [None, None]
