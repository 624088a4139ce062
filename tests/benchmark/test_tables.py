"""Sources of every kind, tables that pair with them, and the errors that stop a build before it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from pydantic import ValidationError

from pipelines.benchmark.v1.schema import Params
from tests.benchmark.conftest import COLUMNS, Built, Stage, written
from xlforge.base.errors import BuildError

Rows = list[dict[str, Any]]
ENGLISH = ["How deep is the sea?", "Why do cats purr?", "Write a haiku about rain."]
GERMAN = ["Wie tief ist das Meer?", "Warum schnurren Katzen?", "Schreibe ein Haiku über den Regen."]


def hub(folder: Path) -> Path:
    """A dataset as XL-AlpacaEval lies on the hub: a file a split, named in its card; with m-AlpacaEval's questions."""
    for name, texts in {
        "english": ENGLISH,
        "german": [f"{text} Please answer in German." for text in ENGLISH],
        "m_german": GERMAN,
    }.items():
        folder.mkdir(exist_ok=True)
        rows = [{"dataset": "vicuna", "instruction": text} for text in texts]
        (folder / f"{name}.json").write_text(json.dumps(rows, indent=1))
    splits = "".join(f"  - split: {name}\n    path: {name}.json\n" for name in ("english", "german", "m_german"))
    (folder / "README.md").write_text(f"---\nconfigs:\n- config_name: default\n  data_files:\n{splits}---\n")
    return folder


def prompts(made: Built, name: str, code: str) -> dict[str, str]:
    """English question to prompt."""
    return {row["instruction_en"]: row["prompt"] for row in made.of(name, code)}


def test_json_jsonl_and_parquet_agree(build: Stage, pocket: Rows, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps(pocket))
    written(tmp_path / "lines.json", pocket)
    pl.DataFrame(pocket).write_parquet(tmp_path / "table.parquet")
    expected = build(pocket).rows
    for name in ("list.json", "lines.json", "table.parquet"):
        rows = build(source=COLUMNS | {"path": str(tmp_path / name)}).rows
        slots = [{one["slot"] for one in row if one["phrases"]} for row in rows["slots"]]
        assert rows.drop("slots").equals(expected.drop("slots")), name
        assert slots == [{one["slot"] for one in row} for row in expected["slots"]], name


def test_the_authors_set_with_their_requests_and_translations(build: Stage, tmp_path: Path) -> None:
    name = str(hub(tmp_path / "xl"))
    paired = {"kind": "hub", "name": name}
    made = build(
        source={"kind": "hub", "name": name, "split": "english", "part": "dataset"},
        languages=["de"],
        requested=paired | {"split": "{language}"},
        translated=paired | {"split": "m_{language}"},
    )
    assert prompts(made, "crosslingual", "de") == {text: f"{text} Please answer in German." for text in ENGLISH}
    assert prompts(made, "same_language", "de") == dict(zip(ENGLISH, GERMAN, strict=True))
    assert set(made.rows["part"]) == {"vicuna"}
    assert {row["instruction"] for row in made.of("crosslingual", "de")} == set(ENGLISH)


def test_one_file_of_a_dataset_is_read_past_its_loading_script(build: Stage, tmp_path: Path) -> None:
    folder = hub(tmp_path / "alpaca_eval")
    (folder / "alpaca_eval.py").write_text("raise SystemExit('a script ran')")
    source = {"kind": "hub", "name": str(folder), "split": "english"}
    with pytest.raises(BuildError, match="scripts are no longer supported"):
        build(source=source, sets=["english"])
    assert len(build(source=source | {"file": "english.json"}, sets=["english"]).rows) == 3


def test_a_local_folder_with_a_file_a_language(build: Stage, tmp_path: Path) -> None:
    folder = hub(tmp_path / "files")
    made = build(
        source={"path": str(folder), "file": "english.json"},
        languages=["de"],
        sets=["same_language"],
        translated={"file": "m_{language}.json"},
    )
    assert prompts(made, "same_language", "de") == dict(zip(ENGLISH, GERMAN, strict=True))


def test_ids_pair_rows_in_any_order(build: Stage, tmp_path: Path) -> None:
    rows = [{"id": number, "instruction": text} for number, text in enumerate(ENGLISH)]
    written(tmp_path / "t" / "english.jsonl", rows)
    other = [{"id": number, "instruction": text, "to": "German"} for number, text in enumerate(GERMAN)]
    written(
        tmp_path / "t" / "others.jsonl", [*reversed(other), {"id": 0, "instruction": "Quelle profondeur ?", "to": "fr"}]
    )
    made = build(
        source={"path": str(tmp_path / "t"), "file": "english.jsonl", "id": "id"},
        languages=["de", "fr"],
        sets=["same_language"],
        translated={"file": "others.jsonl", "id": "id", "language": "to"},
    )
    assert prompts(made, "same_language", "de") == dict(zip(ENGLISH, GERMAN, strict=True))
    assert prompts(made, "same_language", "fr") == {ENGLISH[0]: "Quelle profondeur ?"}
    assert made.reasons == {"no_prompt": 2}


def test_a_rejected_prompt_shifts_no_pair(build: Stage, tmp_path: Path) -> None:
    folder = hub(tmp_path / "files")
    (folder / "english.json").write_text(json.dumps([{"instruction": text} for text in [ENGLISH[0], "", ENGLISH[2]]]))
    made = build(
        source={"path": str(folder), "file": "english.json"},
        languages=["de"],
        sets=["same_language"],
        translated={"file": "m_{language}.json"},
    )
    assert prompts(made, "same_language", "de") == {ENGLISH[0]: GERMAN[0], ENGLISH[2]: GERMAN[2]}


def test_tables_that_do_not_pair_stop_the_build(build: Stage, tmp_path: Path) -> None:
    folder = hub(tmp_path / "files")
    block: dict[str, Any] = {"source": {"path": str(folder), "file": "english.json"}, "languages": ["de"]}
    block |= {"sets": ["crosslingual"], "requested": {"file": "{language}.json"}}
    assert len(build(**block).rows) == 3
    shuffled = [{"instruction": f"{text} In German!"} for text in [ENGLISH[1], ENGLISH[2], ENGLISH[0]]]
    (folder / "german.json").write_text(json.dumps(shuffled))
    with pytest.raises(BuildError, match=r"row 1 of the source is another question in German.*not in one order"):
        build(**block)
    (folder / "german.json").write_text(json.dumps(shuffled[:2]))
    with pytest.raises(BuildError, match=r"set crosslingual, language German.*2 rows and the source 3.*requested\.id"):
        build(**block)
    with pytest.raises(
        BuildError, match=r"set crosslingual, language French.*french\.json does not exist.*take fr out"
    ):
        build(**block | {"languages": ["fr"]})


def _text(path: Path) -> None:
    path.write_text("not parquet at all")


SOURCES: dict[str, tuple[dict[str, Any], Any, str]] = {
    "no file": ({"path": "p.jsonl"}, None, "p.jsonl does not exist"),
    "a folder without its file": ({"path": "p"}, lambda path: path.mkdir(), "folder with benchmark.source.file in it"),
    "another suffix": ({"path": "p.txt"}, _text, "is not a .json, .jsonl, .parquet file"),
    "no parquet": ({"path": "p.parquet"}, _text, "cannot be read"),
    "broken JSON": ({"path": "p.json"}, lambda path: path.write_text('[{"instruction": "x"'), "cannot be read"),
    "no rows": ({"path": "p.jsonl"}, lambda path: path.write_text("\n"), "holds no rows"),
    "no JSONL": ({"path": "p.jsonl"}, _text, "no row of .* is a prompt; the first: not valid JSON"),
    "no column": (
        {"path": "p.jsonl"},
        lambda path: path.write_text('{"prompt": "x"}'),
        "source.instruction: .* no column 'instruction'; it has prompt",
    ),
    "a column that does not exist": (
        {"path": "p.jsonl", "passage": "text"},
        lambda path: path.write_text('{"instruction": "x"}'),
        "source.passage: .* no column 'text'.*or null",
    ),
    "no prompt": (
        {"path": "p.jsonl"},
        lambda path: path.write_text('{"instruction": ""}'),
        "none of the 1 rows .* is usable",
    ),
    "unpinned dataset": ({"kind": "hub", "name": "nobody/nothing"}, None, "source.revision: .*give a commit"),
}


@pytest.mark.parametrize("case", SOURCES)
def test_a_source_that_cannot_be_read(build: Stage, tmp_path: Path, case: str) -> None:
    source, make, message = SOURCES[case]
    source = dict(source)
    if "path" in source:
        path = tmp_path / source["path"]
        source["path"] = str(path)
        if make:
            make(path)
    with pytest.raises(BuildError, match=f"(?s){message}"):
        build(source=source, sets=["english"])


def test_a_missing_split_is_an_error(build: Stage, tmp_path: Path) -> None:
    name = str(hub(tmp_path / "xl"))
    with pytest.raises(BuildError, match=r"xl:nosuch cannot be read.*split"):
        build(source={"kind": "hub", "name": name, "split": "nosuch"}, sets=["english"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": {"kind": "hub"}}, "reads from name: give name"),
        ({"source": {"kind": "local"}}, "reads from path: give path"),
        ({"source": {"path": "x", "colunm": "y"}}, "colunm"),
        ({"source": {"path": "x", "file": "{language}.json"}}, "the source is one table"),
        ({"translated": {"file": "german.json"}}, "no language can be selected"),
        ({"sets": ["crosslingual", "crosslingual"]}, "named twice"),
        ({"sets": ["translated"]}, "same_language"),
        ({"sets": []}, "at least 1"),
        ({"source": {"path": "x", "language": "lang"}}, "used unchanged"),
        ({"languages": ["en"]}, "English is always there"),
        ({"languages": ["german"]}, "did you mean 'de'"),
    ],
)
def test_params_that_contradict_themselves(change: dict[str, Any], message: str) -> None:
    block = {"version": "v1", "source": {"path": "x"}, "languages": ["de"], "exclusions": {"path": "y"}}
    with pytest.raises(ValidationError, match=message):
        Params.model_validate(block | change)
