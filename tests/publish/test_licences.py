"""What the table allows is published. What it forbids or does not have is refused with the reason and the remedy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from xlforge.base.errors import BuildError
from xlforge.publish.licences import load

TEACHER, SEEDS = "models/pocket/teacher", "data/seeds/pocket.jsonl"
PARAMS = yaml.safe_load(Path("params.yaml").read_text())


def test_the_shipped_build_may_be_published() -> None:
    table = load()
    models = [PARAMS["teacher"]["model"], PARAMS["estimator"]["model"]]
    found = table.of_rows([PARAMS["seeds"]["source"]["path"]], models)
    assert {entry.licence for entry in found.values()} == {"cc-by-sa-4.0"} == {table.dataset}
    assert table.of_adapter(PARAMS["bases"]["pocket"]["model"]) == "cc-by-sa-4.0"


def models(value: object) -> Iterator[str]:
    """Every model that a part of an overlay names for the dataset or a student; the answers of compared models are in no row."""
    for key, inner in value.items() if isinstance(value, dict) else ():
        if key == "models":
            continue
        if key == "model" and not inner.startswith("$"):
            yield inner
        yield from models(inner)


def test_every_model_of_the_shipped_overlays_has_an_entry() -> None:
    paths = [Path("conf/paper.yaml"), *Path("conf").glob("*/*.yaml")]
    found = {name for path in paths for name in models(yaml.safe_load(path.read_text()))}
    assert found == {"gpt-4o", "gpt-4o-mini", "utter-project/EuroLLM-9B-Instruct"}
    assert {load().model(name).licence for name in found} == {"proprietary", "apache-2.0"}


@pytest.mark.parametrize("model", ["gpt-4o-mini", "google/gemma-2-9b-it", "CohereLabs/aya-expanse-8b"])
def test_a_model_whose_terms_forbid_it_is_refused_with_the_reason(model: str) -> None:
    table = load()
    with pytest.raises(BuildError, match=r"cannot be published under cc-by-sa-4\.0") as error:
        table.of_rows([SEEDS], [TEACHER, model])
    assert table.model(model).reason in str(error.value) and table.model(model).terms in str(error.value)
    assert TEACHER not in str(error.value)


def test_another_licence_of_the_dataset_is_checked_against_the_same_terms(tmp_path: Path) -> None:
    raw = yaml.safe_load(Path("conf/licences.yaml").read_text()) | {"dataset": "cc-by-nc-4.0"}
    path = tmp_path / "licences.yaml"
    path.write_text(yaml.safe_dump(raw))
    assert load(path).of_rows([], ["CohereLabs/aya-expanse-8b"])
    with pytest.raises(BuildError, match=r"data/seeds/pocket\.jsonl \(cc-by-sa-4\.0\)"):
        load(path).of_rows([SEEDS], [])


@pytest.mark.parametrize(
    ("models", "sources", "block"), [(["some/model"], [], "models"), ([], ["my.jsonl"], "sources")]
)
def test_what_has_no_entry_is_refused_with_the_remedy(models: list[str], sources: list[str], block: str) -> None:
    with pytest.raises(BuildError, match=f"add an entry under `{block}`"):
        load().of_rows(sources, models)


def test_an_adapter_of_a_base_without_permission_is_refused() -> None:
    with pytest.raises(BuildError, match="an adapter of gpt-4o"):
        load().of_adapter("gpt-4o")


def test_a_table_that_is_invalid_or_missing_is_reported(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="is missing"):
        load(tmp_path / "none.yaml")
    (tmp_path / "wrong.yaml").write_text("dataset: x\nmodels: []\nsources: []\nmodles: []\n")
    with pytest.raises(BuildError, match="modles"):
        load(tmp_path / "wrong.yaml")
