"""The engine of translation systems: each architecture in its own direction, every text by itself, nothing of it lost."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

from tests.models import tiny, tiny_seq2seq
from tests.models.cached import Cached
from tests.models.sinks import ListSink
from tests.models.tiny_seq2seq import MAKERS, WORDS
from xlforge.config.execution import Execution
from xlforge.config.models import Model, Sampling
from xlforge.models.engine import EngineError
from xlforge.models.revision import folder_digest
from xlforge.models.transformers.pieces import joined, pieces
from xlforge.models.transformers.seq2seq import Seq2SeqEngine
from xlforge.requests.request import Request, unicode_only
from xlforge.requests.request import Sampling as Sampled

CODES = {"nllb": {"en": "eng_Latn", "de": "deu_Latn", "hu": "hun_Latn"}}
FIRST = {"nllb": "deu_Latn", "m2m100": "__de__"}
Make = Callable[..., Model]


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A tiny model of each architecture; `codes` is a Marian model of several languages."""
    folder = tmp_path_factory.mktemp("seq2seq")
    made = {name: make(folder / name) for name, make in MAKERS.items()}
    return made | {"codes": tiny_seq2seq.marian(folder / "codes", ("deu", "hun"))}


@pytest.fixture
def system(folders: dict[str, Path]) -> Make:
    def make(name: str, target: str = "de", **settings: object) -> Model:
        folder = folders[name]
        given = {"codes": CODES.get(name, {}), "num_beams": 3, **settings}
        spec = Model(engine="seq2seq", model=str(folder), revision=folder_digest(folder), **given)
        return spec.between("en", target)

    return make


def sentences(count: int, seed: int = 3) -> list[str]:
    rng = random.Random(seed)
    words = re.findall(r"\w+", WORDS.lower())
    return [" ".join(rng.choices(words, k=rng.randint(1, 7))) for _ in range(count)]


def engine_text(engine: Seq2SeqEngine, text: str, **sampling: object) -> str:
    sink = ListSink()
    engine.generate([Request("seq2seq", "m", None, (("user", text),), Sampled(**sampling))], sink)  # type: ignore[arg-type]
    ((_, response),) = sink.completed
    return response.text


@pytest.mark.parametrize("temperature", [0.0, 0.9], ids=["beams", "sampled"])
@pytest.mark.parametrize("name", MAKERS)
def test_other_rows_change_nothing(llm: Callable[..., Cached], system: Make, name: str, temperature: float) -> None:
    """The same to the bit: together, and one after the other in another order."""
    options = {"model": system(name), "sampling": Sampling(temperature=temperature, max_tokens=60)}
    texts = [". ".join(sentences(2, seed)).title() for seed in range(6)]
    together = llm(cache="one", batch_size=64, **options).responses(texts, candidates=2)
    other = llm(cache="other", batch_size=3, **options)
    alone = [other.responses([text], candidates=2)[0] for text in reversed(texts)]
    assert alone[::-1] == together
    assert len({response.logprob for row in together for response in row}) > 6


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("name", MAKERS)
def test_responses_are_those_of_generate(system: Make, llm: Callable[..., Cached], name: str, beams: int) -> None:
    """By transformers' own tokenizer and search, one sentence at a time and without padding."""
    spec = system(name, num_beams=beams)
    tokenizer = AutoTokenizer.from_pretrained(spec.model)
    model = AutoModelForSeq2SeqLM.from_pretrained(spec.model)
    if name in FIRST:
        tokenizer.src_lang = spec.source_language
    forced = tokenizer.convert_tokens_to_ids(FIRST[name]) if name in FIRST else None
    texts = sentences(6)
    found = llm(model=spec, sampling=Sampling(max_tokens=30)).responses(texts, candidates=beams)
    for text, row in zip(texts, found, strict=True):
        inputs = tokenizer(f"<2de> {text}" if name == "t5" else text, return_tensors="pt")
        sequences = model.generate(
            **inputs, max_new_tokens=30 + (forced is not None), num_beams=beams, num_return_sequences=beams,
            forced_bos_token_id=forced, do_sample=False,
        )  # fmt: skip
        lead = 2 if forced is not None else 1
        for response, tokens in zip(row, sequences, strict=True):
            ended = [place for place, token in enumerate(tokens.tolist()) if token == model.config.eos_token_id]
            end = next(place for place in ended if place >= lead)
            logits = model(**inputs, decoder_input_ids=tokens[None, :end]).logits[0].log_softmax(-1)
            steps = range(lead - 1, end)
            assert response.tokens_out == len(steps)
            assert response.logprob == pytest.approx(sum(logits[at, tokens[at + 1]].item() for at in steps), rel=1e-4)
            assert response.tokens_in == inputs["input_ids"].shape[1]


def test_the_input_and_the_first_token_name_the_direction(system: Make) -> None:
    read = {}
    for name in (*MAKERS, "codes"):
        engine = Seq2SeqEngine(
            system(name, "de" if name != "codes" else "hu", codes={"hu": "hun"} | CODES.get(name, {})), Execution()
        )
        (sentence,) = engine._text(Request("seq2seq", "m", None, (("user", "Boats carry apples."),))).sentences
        first = sentence.search.first
        words = engine._tokenizer.convert_ids_to_tokens([sentence.prompt[0], sentence.prompt[1]])
        read[name] = (words, engine._tokenizer.convert_ids_to_tokens([first])[0] if first is not None else None)
    assert read["nllb"][0][0] == "eng_Latn" and read["nllb"][1] == "deu_Latn"
    assert read["m2m100"][0][0] == "__en__" and read["m2m100"][1] == "__de__"
    assert "<2de>" in read["t5"][0] and read["t5"][1] is None
    assert read["codes"][0][0] == ">>hun<<" and read["codes"][1] is None
    assert not read["marian"][0][0].startswith(">>")


@pytest.mark.parametrize("name", ["m2m100", "nllb", "t5"])
def test_the_direction_is_a_part_of_the_key_and_of_the_response(
    system: Make, llm: Callable[..., Cached], name: str
) -> None:
    both = [llm(cache=to, model=system(name, to), sampling=Sampling(max_tokens=30)) for to in ("de", "hu")]
    requests = [each.llm.request("Boats carry apples.") for each in both]
    assert len({request.key for request in requests}) == 2
    assert len({system(name, "de", num_beams=beams).model_dump_json() for beams in (1, 2)}) == 2
    texts = [[row[0].text for row in each.responses(sentences(8))] for each in both]
    assert texts[0] != texts[1]


def test_beams_are_a_part_of_the_key(system: Make, llm: Callable[..., Cached]) -> None:
    keys = {llm(model=system("t5", num_beams=beams)).llm.request("Apples.").key for beams in (1, 2, 4)}
    assert len(keys) == 3


@pytest.mark.parametrize(
    ("name", "code", "near"), [("nllb", "deu", "deu_Latn"), ("m2m100", "deu", "de"), ("t5", "de_DE", "de")]
)
def test_an_unknown_code_is_an_error_with_the_nearest(system: Make, name: str, code: str, near: str) -> None:
    codes = {**CODES.get(name, {}), "de": code}
    with pytest.raises(EngineError, match=rf"no language code '{code}'.*nearest.*\b{near}\b.*params\.yaml"):
        Seq2SeqEngine(system(name, codes=codes), Execution())


def test_models_of_one_direction_are_named_by_language(folders: dict[str, Path]) -> None:
    folder = folders["marian"]
    pattern = str(folder).replace("marian", "mar{language}n")
    digest = folder_digest(folder)
    spec = Model(engine="seq2seq", model=pattern, revisions={"ia": digest, "hu": "sha256:0"})
    assert spec.between("en", "ia").model == spec.between("ia", "en").model == str(folder)
    assert engine_text(Seq2SeqEngine(spec.between("ia", "en"), Execution()), "Boats.", max_tokens=20)
    with pytest.raises(EngineError, match=r"cannot be loaded|not a folder"):
        Seq2SeqEngine(spec.between("en", "hu"), Execution())


@pytest.mark.parametrize(
    ("name", "control"),
    [("nllb", "hun_Latn"), ("nllb", "</s>"), ("m2m100", "__hu__"), ("t5", "<2hu>"), ("codes", ">>hun<<")],
)
def test_text_cannot_spell_control_tokens(system: Make, name: str, control: str) -> None:
    engine = Seq2SeqEngine(system(name, codes={"de": "deu"} if name == "codes" else CODES.get(name, {})), Execution())
    token = engine._tokenizer.convert_tokens_to_ids(control)

    def count(text: str) -> int:
        parts = engine._text(Request("seq2seq", "m", None, (("user", text),))).sentences
        return sum(part.prompt.count(token) for part in parts)

    assert token is not None
    assert count(f"{control} Boats {control} carry{control}") == count("Boats carry")


def test_candidates_of_a_beam_search_differ_and_come_in_order(system: Make, llm: Callable[..., Cached]) -> None:
    model = llm(model=system("nllb", num_beams=4), sampling=Sampling(max_tokens=40))
    (row,) = model.responses(["Boats carry apples."], candidates=4)
    assert len({response.text for response in row}) == 4
    assert model.responses(["Boats carry apples."], candidates=4) == [row]


def test_samples_differ_by_candidate_and_by_sentence(system: Make, llm: Callable[..., Cached]) -> None:
    model = llm(model=system("nllb"), sampling=Sampling(temperature=1.0, max_tokens=60))
    (row,) = model.responses(["Boats carry apples. Boats carry apples."], candidates=4)
    assert len({response.text for response in row}) == 4
    assert any(
        response.text[: len(response.text) // 2].strip() != response.text[len(response.text) // 2 :].strip()
        for response in row
    )


def test_sentences_are_translated_one_by_one_and_lines_stay(system: Make) -> None:
    engine = Seq2SeqEngine(system("nllb"), Execution())
    each = {text: engine_text(engine, text, max_tokens=40) for text in ("Boats carry apples.", "Ask the miller!")}
    text = "# Boats carry apples.\n\n- Ask the miller! Boats carry apples.\n  1. Ask the miller!\n```\nboats = 3\n```\n---\n"
    expected = text
    for source, target in each.items():
        expected = expected.replace(source, target)
    assert engine_text(engine, text, max_tokens=200) == expected
    assert each["Boats carry apples."] in expected and "boats = 3" in expected


def test_a_sentence_over_the_limit_fails_alone_and_is_not_cut(system: Make, llm: Callable[..., Cached]) -> None:
    model = llm(model=system("marian"), sampling=Sampling(max_tokens=200))
    long, short = "ninety " * 60, "Boats carry apples. " * 30
    (failed,), (whole,) = model.replies([long, short])
    assert failed.response is None and failed.failure.startswith("prompt_too_long")
    assert "the model reads 64" in failed.failure
    assert whole.response is not None and whole.response.tokens_in > 64


def test_a_response_that_reaches_its_limit_did_not_end(system: Make, llm: Callable[..., Cached]) -> None:
    cut, total = ([limit] for limit in (3, 15))
    for (limit,) in (cut, total):
        ((response,),) = llm(cache=str(limit), model=system("nllb"), sampling=Sampling(max_tokens=limit)).responses(
            ["Boats carry apples. Ask the miller! Nobody knows."]
        )
        assert response.finish_reason == "length"


@pytest.mark.parametrize("text", ["", "  \n", "123\n---", "a\ud800b\x00c", "😀😀 Boats. 😀 Apples!"])
@pytest.mark.parametrize("name", MAKERS)
def test_any_text_gets_a_response(system: Make, name: str, text: str) -> None:
    out = engine_text(Seq2SeqEngine(system(name), Execution()), text, max_tokens=40)
    assert any(map(str.isalpha, text)) or out == text


@example("\x1fA")
@given(st.text() | st.text(alphabet="aA .!?。\n-#1`\r\t😀\x1f"))
def test_the_pieces_of_a_text_are_the_text(text: str) -> None:
    found = pieces(text)
    assert "".join(piece.sentence + piece.after for piece in found) == unicode_only(text)
    assert all(piece.sentence.strip() == piece.sentence for piece in found)


def test_abbreviations_end_no_sentence_and_wide_scripts_get_no_blanks() -> None:
    found = [
        piece.sentence for piece in pieces("Dr. Smith met J. Brown. They left! 我们走吧。他说好。") if piece.sentence
    ]
    assert found == ["Dr. Smith met J. Brown.", "They left!", "我们走吧。", "他说好。"]
    assert joined(pieces("One. Two.  Three."), ["一。", "二。", "三。"]) == "一。二。三。"
    assert joined(pieces("我们走吧。他说好。"), ["Let us go.", "He agrees."]) == "Let us go. He agrees."


def test_other_models_are_refused(system: Make, folders: dict[str, Path], tmp_path: Path) -> None:
    spec = system("t5")
    with pytest.raises(EngineError, match=r"params\.yaml names revision sha256:0"):
        Seq2SeqEngine(spec.model_copy(update={"revision": "sha256:0"}), Execution())
    decoder = tiny.save(tmp_path / "decoder", tiny.config())
    with pytest.raises(EngineError, match="cannot be loaded"):
        Seq2SeqEngine(Model(engine="seq2seq", model=str(decoder), revision=folder_digest(decoder)), Execution())
    pickled = tiny_seq2seq.t5(tmp_path / "pickled")
    torch.save(AutoModelForSeq2SeqLM.from_pretrained(pickled).state_dict(), pickled / "pytorch_model.bin")
    (pickled / "model.safetensors").unlink()
    with pytest.raises(EngineError, match="safetensors"):
        Seq2SeqEngine(Model(engine="seq2seq", model=str(pickled), revision=folder_digest(pickled)), Execution())


def test_a_systems_own_code_runs_only_where_it_is_named(tmp_path: Path) -> None:
    folder = tiny_seq2seq.t5(tmp_path / "own")
    settings = json.loads((folder / "config.json").read_text())
    settings |= {"model_type": "own", "auto_map": {"AutoConfig": "own.OwnConfig", "AutoModelForSeq2SeqLM": "own.Own"}}
    (folder / "config.json").write_text(json.dumps(settings))
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    spec = Model(engine="seq2seq", model=str(folder), revision=folder_digest(folder), trust_remote_code="another")
    with pytest.raises(EngineError, match="trust_remote_code"):
        Seq2SeqEngine(spec, Execution())
    assert not (tmp_path / "ran").exists()
