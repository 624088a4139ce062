"""Overlays in place: the values that DVC's own `-S` gives, every comment, nothing else changed, and nothing written that is not valid."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from dvc.utils.hydra import compose_and_dump
from ruamel.yaml import YAML

from xlforge.base.errors import BuildError
from xlforge.config.overlays import overlaid

SHIPPED = Path("params.yaml").read_text()
NAMES = sorted(
    str(path.relative_to("conf").with_suffix(""))
    for path in Path("conf").glob("*/*.yaml")
    if path.read_text().startswith("# @package _global_")
)


def values(text: str) -> Any:
    return YAML(typ="safe").load(text)


def comments(text: str) -> list[str]:
    return [" ".join(each.split()) for each in re.findall(r"(?:^|(?<=\s))#.*", text, re.MULTILINE)]


def block(text: str, name: str) -> str:
    """The lines of a block, those above it that describe it included."""
    return re.search(rf"((?:^#.*\n)*^{name}:.*\n(?:^ .*\n)*)", text, re.MULTILINE).group()  # type: ignore[union-attr]


@pytest.mark.parametrize("words", [*([name] for name in NAMES), ["seeds/hub", "engine/vllm", "paper", "runtime/ray"]])
def test_the_values_are_those_of_dvcs_own_overlays(words: list[str], tmp_path: Path) -> None:
    theirs = tmp_path / "params.yaml"
    named = [f"+conf/{word.replace('/', '=')}" if "/" in word else f"+conf={word}" for word in words]
    compose_and_dump(theirs, str(Path.cwd()), None, "params", "", [*named, "teacher.model=one"])
    text = overlaid([*words, "teacher.model=one"])
    assert values(text) == values(theirs.read_text())
    assert comments(text) == comments(SHIPPED)


def test_the_order_counts() -> None:
    assert values(overlaid(["teacher.model=one", "engine/openai"]))["judge"]["model"] == "gpt-4o-mini"
    assert values(overlaid(["engine/openai", "teacher.model=one"]))["judge"]["model"] == "one"


def test_what_is_not_changed_stays_to_the_letter() -> None:
    assert overlaid(["seeds.sample=240", "languages=[de, hu, ga]"]) == SHIPPED
    assert "\nlanguages: [de, hu]\n" in overlaid(["languages=[de, hu]"])
    assert overlaid(["seeds.sample=7"]) == SHIPPED.replace("sample: 240", "sample: 7")
    text = overlaid(["engine/openai", "seeds/hub", "runtime/ray"])
    for name in ("dataset", "student", "students", "answers", "evaluation", "gates", "prices"):
        assert block(text, name) == block(SHIPPED, name)
    assert overlaid(["engine/openai"]) == overlaid(["engine/openai", "engine/openai"])


def test_a_new_key_does_not_come_between_a_comment_and_its_block() -> None:
    text = overlaid(["bases.new={model: org/name, revision: '0123abc'}", "prices.date='2026-11-23'"])
    for name in ("student", "benchmark", "gates", "execution"):
        assert block(text, name) == block(SHIPPED, name)


def test_one_role_of_those_that_share_an_anchor_changes_alone() -> None:
    old, new = values(SHIPPED), values(overlaid(["teacher.prompts=full"]))
    assert new.pop("teacher") == old.pop("teacher") | {"prompts": "full"}
    assert new == old
    assert re.findall(r"&\w+", overlaid(["teacher.prompts=full"])) == ["&base"]  # the other anchor stays


def test_an_anchor_within_braces_is_written_out_there(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(
        SHIPPED.replace("translators:\n  pocket: *pocket", "translators: {pocket: *pocket, two: {<<: *pocket}}")
    )
    new = values(overlaid(["teacher.prompts=full"], path))
    assert new["translators"]["two"] == new["translators"]["pocket"] == values(SHIPPED)["estimator"]


@pytest.mark.parametrize(
    "words",
    [
        ["~models.first", "~students.first", "evaluation.compare=[]"],
        ["~translations.models", "translations.models=[pocket]"],
        ["~seeds.near_duplicate.shingle", "~seeds.near_duplicate.threshold"],
        ["~prices.models", "~gates.win_rate", "~gates.pass_rate"],
        [
            "~models.bestof3",
            "~models.first",
            "~models.bestof3_quarter",
            "~students",
            "students={}",
            "evaluation.compare=[]",
        ],
        ["~evaluation.compare"],
        ["~bases", "bases={pocket: {model: models/pocket/student, revision: null}}"],
        ["~models.reference", "models.reference={file: answers.jsonl, needs: answers.jsonl, against: reference}"],
        ["~models.reference.pivot", "~models.reference.reads"],
        ["~models.base.revision"],
        ["~bases.pocket", "bases.pocket={model: models/pocket/student, revision: 'sha256:0'}"],
        ["~gates.rejects", "~gates.below_threshold", "~gates.win_rate", "~gates.pass_rate"],
    ],
)
def test_a_key_that_is_removed_takes_no_comment_along(words: list[str]) -> None:
    expected = values(SHIPPED)
    for word in words:
        name, equals, value = word.removeprefix("~").partition("=")
        *parents, last = name.split(".")
        place = expected
        for parent in parents:
            place = place[parent]
        if equals:
            place[last] = values(value)
        else:
            del place[last]
    text = overlaid(words)
    assert values(text) == expected
    assert comments(text) == comments(SHIPPED)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("teacher.model='no'", "no"),
        ("teacher.model=a:b", "a:b"),
        ("teacher.model=12:30", "12:30"),
        ("teacher.model=é", "é"),
    ],
)
def test_values_are_yaml_1_2(word: str, value: str) -> None:
    assert values(overlaid([word]))["teacher"]["model"] == value


def test_a_file_of_ones_own_is_an_overlay(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("seeds: {sample: 9}\ngates: {rejects: {metric: 'selection@*:reject_share', max: 0.9}}\n")
    new = values(overlaid([str(own)]))
    assert (new["seeds"]["sample"], new["gates"]["rejects"]["max"]) == (9, 0.9)
    assert new["gates"]["win_rate"] == values(SHIPPED)["gates"]["win_rate"]


@pytest.mark.parametrize("text", ["", "- seeds\n", "seeds\n"])
def test_a_file_that_is_no_mapping_is_an_error(text: str, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(text)
    with pytest.raises(BuildError, match=r"own\.yaml is no mapping of blocks"):
        overlaid([str(own)])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["seeds=5"], "seeds: the block is missing"),
        (["languages.0=xx"], "languages.0=xx: Cannot merge"),
        (["engine/opnai"], "did you mean 'engine/openai'?"),
        (["nothing"], "conf/ has benchmark/alpacaeval"),
        (["teacher.modle=x"], "teacher.modle: unknown key; did you mean 'model'?"),
        (["languages=[de"], "not valid YAML"),
        (["languages=[xx]"], "xx"),
        (["seeds.sample=many"], "seeds.sample"),
        (["teacher.model=${nothing.here}"], "nothing"),
        (["seeds.sample.deeper=1"], "seeds.sample"),
        (["=1"], "unknown key"),
        (["~students.second"], "params.yaml has no students.second"),
        (["~nothing.here"], "params.yaml has no nothing.here"),
        (["~teacher.model"], "teacher.model"),
    ],
)
def test_what_is_not_valid_is_an_error_with_a_remedy(words: list[str], message: str) -> None:
    with pytest.raises(BuildError, match=re.escape(message)):
        overlaid(words)
