"""The config `preferences`: a chosen and a clearly worse answer to one request, and no pair whose difference may be noise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from datasets import load_dataset
from pydantic import ValidationError
from transformers import AutoModelForCausalLM
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from pipelines.dataset.v3.configs import configs, write_configs
from pipelines.dataset.v3.preferences import pairs
from pipelines.dataset.v3.schema import Pairs, Params, Rows
from stages.dataset import remove_empty
from tests.models import tiny
from xlforge.base.frames import valid
from xlforge.base.provenance import PROVENANCE
from xlforge.training.rows import with_split

COLUMNS = {name: column.dtype.type for name, column in Rows.to_schema().columns.items()}
ENGLISH, BEST = "A deep well.", "Ein tiefer Brunnen."
Candidate = tuple[str, float | None, list[str]]
"""A candidate's translation, its estimate and its problems."""


def call(stage: str, key: str) -> dict[str, Any]:
    kind: Any = PROVENANCE.inner
    return {field.name: None for field in kind.fields} | {"stage": stage, "key": key}


def rows(languages: tuple[str, ...] = ("de",), count: int = 1, **qe: Any) -> pl.DataFrame:
    """Rows of the stage in English and these languages; the first candidate is the chosen one."""
    made = [
        {
            "id": f"{number}/{code}", "seed_id": str(number), "language": code, "instruction": "What is it?",
            "prompt": [{"role": "user", "content": f"What is it? Answer in {code}."}],
            "completion": [{"role": "assistant", "content": ENGLISH if code == "en" else BEST}],
            "scores": dict.fromkeys(("precision", "informativeness", "naturalness", "objectivity"), 5) | {"mean": 5.0},
            "qe": None if code == "en" else {"quality": 0.9, "candidate": 0, "fit": 2} | qe,
            "provenance": [call("scores", "english"), call("translations", "best")],
        }
        for number in range(count)
        for code in ("en", *languages)
    ]  # fmt: skip
    return pl.DataFrame(made, COLUMNS)


def candidates(*others: Candidate, language: str = "de", seed: str = "0", english: str = ENGLISH) -> pl.DataFrame:
    """The chosen candidate and others, as `selection` delivers them."""
    every: list[Candidate] = [(BEST, 0.9, []), *others]
    made = [
        {
            "answer_id": seed, "language": language, "candidate": number, "response": english, "translation": text,
            "problems": problems, "quality": quality, "provenance": [call("translations", f"candidate {number}")],
        }
        for number, (text, quality, problems) in enumerate(every)
    ]  # fmt: skip
    return pl.DataFrame(
        made, schema_overrides={"problems": pl.List(pl.String), "provenance": PROVENANCE, "quality": pl.Float64}
    )


def texts(found: pl.DataFrame) -> dict[str, str]:
    """The rejected text of each kind."""
    return {row["kind"]: row["rejected"][0]["content"] for row in found.to_dicts()}


@pytest.mark.parametrize(
    ("others", "expected", "reasons"),
    [
        ([("Ein Brunnen.", 0.5, []), ("Brunnen.", 0.4, [])], {"quality": "Brunnen."}, (0, 0, 1)),
        ([("Brunnen.", 0.8, [])], {"quality": "Brunnen."}, (0, 0, 1)),
        ([("Brunnen.", 0.81, []), (BEST, 0.9, [])], {}, (0, 1, 1)),
        ([("Brunnen.", None, ["wrong_language: 0.20 of it is de"])], {"check": "Brunnen."}, (1, 0, 0)),
        ([(ENGLISH, None, ["copied"]), ("Ja.", None, ["too_short: 0.1"])], {"check": ENGLISH}, (1, 0, 0)),
        ([("Brunnen.", None, ["cut_off"])], {}, (1, 0, 1)),
        (
            [("Brunnen.", None, ["cut_off: ends in 'n'"]), ("Ja.", 0.2, [])],
            {"check": "Brunnen.", "quality": "Ja."},
            (0, 0, 0),
        ),
        ([], {}, (1, 0, 1)),
    ],
    ids=["lowest", "margin", "within", "check", "copied", "way back cut off", "both", "alone"],
)
def test_a_pair_needs_a_clearly_worse_candidate(
    others: list[Candidate], expected: dict[str, str], reasons: tuple[int, int, int]
) -> None:
    fit = 1 + sum(quality is not None for _, quality, _ in others)
    found, metrics = pairs(rows(fit=fit), candidates(*others), 0.1)
    valid(found, Pairs, "pairs")
    assert texts(found) == expected | {"wrong_language": ENGLISH}
    assert {row["chosen"][0]["content"] for row in found.to_dicts()} == {BEST}
    assert {row["prompt"][0]["content"] for row in found.to_dicts()} == {"What is it? Answer in de."}
    alone, within, none_failed = reasons
    assert metrics["pairs"] == {kind: int(kind in texts(found)) for kind in ("quality", "check", "wrong_language")}
    assert metrics["no_pair"] == {
        "quality": {"one_candidate": alone, "within_margin": within},
        "check": {"none_failed": none_failed},
        "wrong_language": {"same_text": 0},
    }


def test_an_answer_that_is_the_same_in_english_is_no_pair() -> None:
    found, metrics = pairs(rows(), candidates(english=BEST), 0.1)
    assert found.is_empty() and metrics["no_pair"]["wrong_language"] == {"same_text": 1}


def test_a_row_that_the_stage_rejected_has_no_pair() -> None:
    found, _ = pairs(rows(), pl.concat([candidates(), candidates(seed="another")]), 0.1)
    assert found["id"].to_list() == ["0/de.wrong_language"]


def test_a_pair_names_what_the_checks_found_and_the_calls_behind_both_answers() -> None:
    found, _ = pairs(rows(), candidates(("Brunnen.", None, ["copied: all", "too_short: 0.1"]), ("Ja.", 0.4, [])), 0.1)
    check, quality, english = found.sort("kind").to_dicts()
    assert (check["problems"], check["rejected_quality"]) == (["copied: all", "too_short: 0.1"], None)
    assert (quality["problems"], quality["rejected_quality"]) == ([], 0.4)
    assert (english["problems"], english["rejected_quality"]) == ([], None)
    keys = [[entry["key"] for entry in row["provenance"]] for row in (check, quality, english)]
    both = ["english", "best"]
    assert keys == [[*both, "candidate 1"], [*both, "candidate 2"], both]


def test_the_questions_held_out_are_those_of_the_other_configs() -> None:
    table = rows(("de", "hu"), 30)
    found, _ = pairs(
        table, pl.concat([candidates(language=code, seed=str(n)) for code in ("de", "hu") for n in range(30)]), 0.1
    )
    held, of_pairs = (set(with_split(each, 0.2).filter(split="validation")["seed_id"]) for each in (table, found))
    assert held == of_pairs and len(held) == 6


def test_the_config_loads_next_to_the_others(tmp_path: Path) -> None:
    table = rows(("de", "hu"))
    found, _ = pairs(table, candidates(("Brunnen.", 0.4, [])), 0.1)
    scored = pl.DataFrame({"id": ["0"], "reasons": [["because"]]})
    tables = configs(table, scored) | {"preferences": found}
    remove_empty(tmp_path, write_configs(tmp_path, tables, ["de", "hu"]))
    loaded = load_dataset(str(tmp_path), "preferences", cache_dir=str(tmp_path / ".cache"))
    assert set(loaded) == {"german"}  # Hungarian has no candidates here
    assert loaded["german"].to_list() == found.to_dicts()
    assert set(load_dataset(str(tmp_path), "bestof3", cache_dir=str(tmp_path / ".cache"))) == {
        "english",
        "german",
        "hungarian",
    }


def test_trl_trains_on_the_config_as_it_is_loaded(tmp_path: Path) -> None:
    found, _ = pairs(rows(count=2), pl.concat([candidates(("Brunnen.", 0.4, []), seed=seed) for seed in "01"]), 0.1)
    write_configs(tmp_path / "dataset", {"preferences": found}, ["de"])
    loaded = load_dataset(str(tmp_path / "dataset"), "preferences", split="german", cache_dir=str(tmp_path / ".cache"))
    base = tiny.save(tmp_path / "base", tiny.config())
    options = DPOConfig(
        str(tmp_path / "out"), max_steps=1, per_device_train_batch_size=4, use_cpu=True, bf16=False, report_to=[]
    )
    model = AutoModelForCausalLM.from_pretrained(base, dtype="float32")
    trainer = DPOTrainer(model, args=options, train_dataset=loaded, processing_class=tiny.tokenizer())
    decode, prepared = tiny.tokenizer().decode, iter(trainer.train_dataset or [])
    for row, tokens in zip(found.to_dicts(), prepared, strict=True):
        request = row["prompt"][0]["content"]
        assert decode(tokens["prompt_ids"]) == f"<|im_start|>user\n{request}<|im_end|>\n<|im_start|>assistant\n"
        for side in ("chosen", "rejected"):
            assert decode(tokens[f"{side}_ids"]) == f"{row[side][0]['content']}<|im_end|>\n"
    assert trainer.train().training_loss == pytest.approx(0.693, abs=0.01)  # log 2: at first it prefers neither


@pytest.mark.parametrize("margin", [0, -0.1, 1.5, float("nan"), float("inf"), "wide"])
def test_an_invalid_margin_is_an_error(margin: Any) -> None:
    assert Params(version="v3").preferences.margin == 0.1
    with pytest.raises(ValidationError, match="margin"):
        Params.model_validate({"version": "v3", "preferences": {"margin": margin}})
