"""A judge against people: synthetic judges of known temperature and bias are recovered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import polars as pl
import pytest
from click.testing import CliRunner
from scipy.special import expit

from commands.main import cli
from xlforge.base.errors import BuildError
from xlforge.evaluation.agreement import Pair, agreement, calibrated, pairs, read_votes
from xlforge.evaluation.table import kappa


def judge(temperature: float, shift: float, n: int = 4000) -> list[Pair]:
    """People vote by the truth; the judge's logits are too large by the temperature, and moved towards the second answer."""
    rng = np.random.default_rng(3)
    truth = rng.normal(0, 1, n)
    votes = rng.binomial(1, expit(truth))
    preferences = expit(temperature * (truth + shift))
    found = zip(votes.tolist(), preferences.tolist(), strict=True)
    return [Pair(str(number), "ga", 1, float(vote), value) for number, (vote, value) in enumerate(found)]


@pytest.mark.parametrize(("temperature", "shift"), [(1.0, 0.0), (2.5, 0.0), (2.5, 0.6), (0.5, -0.4)])
def test_a_known_temperature_and_position_bias_are_recovered(temperature: float, shift: float) -> None:
    found = calibrated(judge(temperature, shift))
    assert found is not None
    low, high = found.temperature_interval
    assert high is not None
    assert low < temperature < high < 1.2 * low
    assert found.shift_interval[0] < -shift < found.shift_interval[1]
    assert found.loss[1] <= found.loss[0]
    assert found.error[1] < 0.03


def test_a_position_bias_is_seen_and_its_absence_too() -> None:
    assert agreement(judge(1, -0.6))["position"][1][0] > 5
    low, high = agreement(judge(1, 0))["position"][1]
    assert low < 0 < high


def test_a_hard_judge_has_no_temperature() -> None:
    assert calibrated([Pair(str(n), None, 1, n % 2, float(n % 3 == 0)) for n in range(30)]) is None


def test_kappa_is_the_tables() -> None:
    found = [Pair(str(n), None, 1, n % 2, float(n % 3 == 0)) for n in range(30)]
    expected = kappa(pl.Series([pair.human for pair in found]), pl.Series([pair.judge for pair in found]))
    assert agreement(found)["kappa"][0] == pytest.approx(expected)


def conversation(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": text}]


def test_the_arenas_votes_and_alpacaevals_verdicts_meet_in_either_order(tmp_path: Path) -> None:
    vote = {
        "conversation_a": conversation("So."),
        "conversation_b": conversation("Because."),
        "winner": "model_b",
        "language": "English",
    }
    verdict = {"instruction": "Why?", "output_1": "Because.", "output_2": "So.", "preference": 1.25}
    human, other = tmp_path / "human.json", tmp_path / "judge.json"
    human.write_bytes(orjson.dumps([vote]))
    other.write_bytes(orjson.dumps([verdict]))
    assert pairs(read_votes(human), read_votes(other)) == [Pair("Why?", "English", -5, 0.0, 0.25)]
    done = CliRunner().invoke(cli, ["judge-agreement", str(human), "--verdicts", str(other), "--json"])
    assert orjson.loads(done.stdout)["figures"]["English"]["agreement"][0] == 100
    human.write_bytes(orjson.dumps([vote | {"preference": 2}]))
    done = CliRunner().invoke(cli, ["judge-agreement", str(human)])
    assert "all hard" in done.stdout
    human.write_bytes(orjson.dumps([vote | {"winner": "me"}]))
    with pytest.raises(BuildError, match="row 1: winner"):
        read_votes(human)


def test_a_real_judge_agrees_with_itself(shared: Path) -> None:
    votes = read_votes(shared / "alpacaeval" / "FuseChat-Llama-3.2-3B-Instruct.json")
    found = pairs(votes, votes)
    figures = agreement(found)
    assert (len(found), figures["agreement"][0], figures["kappa"][0]) == (805, 100, pytest.approx(1))
    assert figures["length"][0] == 0


def test_a_file_of_verdicts_that_holds_votes_too_gives_the_judges(tmp_path: Path) -> None:
    row = {"instruction": "Why?", "output_1": "a", "output_2": "b"}
    votes, verdicts = tmp_path / "votes.json", tmp_path / "verdicts.json"
    votes.write_bytes(orjson.dumps([{**row, "preference": 1}]))
    verdicts.write_bytes(orjson.dumps([{**row, "human_preference": 1, "preference": 2}]))
    (found,) = pairs(read_votes(votes), read_votes(verdicts))
    assert (found.human, found.judge) == (0.0, 1.0)
