"""What the table allows is published, what it forbids or does not know is refused with reason and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from xlforge.base.errors import BuildError
from xlforge.publish.licences import entries_of_rows, load, of_adapter

TEACHER, SEEDS = "models/pocket/teacher", "data/seeds/pocket.jsonl"
PARAMS = yaml.safe_load(Path("params.yaml").read_text())


def test_the_shipped_build_may_be_published() -> None:
    table = load()
    models = [PARAMS["teacher"]["model"], PARAMS["estimator"]["model"]]
    found = entries_of_rows(table, [PARAMS["seeds"]["source"]["path"]], models)
    assert {entry.licence for entry in found.values()} == {"cc-by-sa-4.0"} == {table.dataset}
    assert of_adapter(table, PARAMS["bases"]["pocket"]["model"]) == "cc-by-sa-4.0"


@pytest.mark.parametrize("overlay", ["conf/scale/paper.yaml", "conf/engine/openai.yaml"])
def test_every_model_of_the_shipped_overlays_is_known(overlay: str) -> None:
    wanted = yaml.safe_load(Path(overlay).read_text())
    roles = [wanted[role] for role in ("teacher", "judge", "estimator") if role in wanted]
    for entry in [*roles, *wanted.get("bases", {}).values()]:
        assert load().model(entry["model"]).reason


@pytest.mark.parametrize("model", ["gpt-4o-mini", "google/gemma-2-9b-it", "CohereLabs/aya-expanse-8b"])
def test_a_model_whose_terms_forbid_it_is_refused_with_the_reason(model: str) -> None:
    table = load()
    with pytest.raises(BuildError, match=r"cannot be published under cc-by-sa-4\.0") as error:
        entries_of_rows(table, [SEEDS], [TEACHER, model])
    assert table.model(model).reason in str(error.value) and table.model(model).terms in str(error.value)
    assert TEACHER not in str(error.value)


def test_another_licence_of_the_dataset_asks_the_same_terms_anew(tmp_path: Path) -> None:
    raw = yaml.safe_load(Path("conf/licences.yaml").read_text()) | {"dataset": "cc-by-nc-4.0"}
    path = tmp_path / "licences.yaml"
    path.write_text(yaml.safe_dump(raw))
    assert entries_of_rows(load(path), [], ["CohereLabs/aya-expanse-8b"])
    with pytest.raises(BuildError, match=r"data/seeds/pocket\.jsonl \(cc-by-sa-4\.0\)"):
        entries_of_rows(load(path), [SEEDS], [])


@pytest.mark.parametrize(
    ("models", "sources", "block"), [(["some/model"], [], "models"), ([], ["my.jsonl"], "sources")]
)
def test_what_is_unknown_is_refused_with_the_remedy(models: list[str], sources: list[str], block: str) -> None:
    with pytest.raises(BuildError, match=f"add an entry under `{block}` in conf/licences.yaml"):
        entries_of_rows(load(), sources, models)


def test_an_adapter_over_a_base_without_permission_is_refused() -> None:
    with pytest.raises(BuildError, match="an adapter over gpt-4o"):
        of_adapter(load(), "gpt-4o")


def test_a_table_that_is_wrong_or_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="is missing"):
        load(tmp_path / "none.yaml")
    (tmp_path / "wrong.yaml").write_text("dataset: x\nmodels: []\nsources: []\nmodles: []\n")
    with pytest.raises(BuildError, match="modles"):
        load(tmp_path / "wrong.yaml")
