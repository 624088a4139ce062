"""A judge against people: agreement, biases, and probabilities calibrated to the people's votes.

A preference is for the second answer, in [0, 1], in the order that the judge's file has. Several votes on a pair count each;
intervals are over prompts, because votes on one prompt are not independent.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit

from xlforge.evaluation.files import fault, read
from xlforge.evaluation.judgements import KEYS, PAIR, preference
from xlforge.evaluation.win_rates import MIN_PROMPTS, RESAMPLES, SEED, difference, win_rate

ARENA = ("conversation_a", "conversation_b", "winner")
"""Chatbot Arena's layout, and that of MT-bench's human judgements (lmsys/mt_bench_human_judgments)."""
_WINNERS = {"model_a": 0.0, "model_b": 1.0, "tie": 0.5, "tie (bothbad)": 0.5, "tie (inconsistent)": 0.5}
_EDGE = 1e-4
"""Probabilities are clipped to it: a certain one has no logit."""
_BINS = 10

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Vote:
    """A preference on two answers; judged: the judge's in the same row, where the file has both."""

    prompt: str
    first: str
    second: str
    preference: float | None
    judged: float | None = None
    language: str | None = None


@dataclass(frozen=True)
class Pair:
    """A vote and a verdict on the same two answers, both for the second one."""

    prompt: str
    language: str | None
    longer: int
    human: float
    judge: float


@dataclass(frozen=True)
class Calibrated:
    """The fit of votes to preferences; intervals are 95 %, an end is None where it is infinite.

    Args:
        shift: in logits, towards the second answer: positive where people like it more than the judge does.
        loss, error: log loss, and expected calibration error, before and after, on the votes of the fit.
    """

    temperature: float
    temperature_interval: tuple[float, float | None]
    shift: float
    shift_interval: tuple[float, float]
    loss: tuple[float, float]
    error: tuple[float, float]


def read_votes(path: Path) -> list[Vote]:
    """The votes of a file in AlpacaEval's layout or the Arena's.

    A vote is `human_preference`, `winner` or `preference`, the first of them that the file has. Next to one of the first two,
    `preference` is the judge's.

    Raises:
        BuildError: a value is invalid; the message has the number of the row.
    """
    return [_vote(path, number, row) for number, row in enumerate(read(path, PAIR[:3], KEYS[:3], ARENA), 1)]


def _vote(path: Path, number: int, row: dict[str, Any]) -> Vote:
    arena = "conversation_a" in row
    names = ARENA[:2] if arena else PAIR[1:3] if PAIR[1] in row else KEYS[1:3]
    first, second = (_text(path, number, name, row[name], row.get("turn")) for name in names)
    prompt = _prompt(row["conversation_a"]) if arena else _text(path, number, "instruction", row["instruction"])
    judged = preference(path, number, row.get("preference"))
    language = row.get("language") or None
    if row.get("human_preference") is not None:
        return Vote(prompt, first, second, preference(path, number, row["human_preference"]), judged, language)
    if "winner" in row:
        if row["winner"] not in _WINNERS:
            raise fault(path, number, "winner", row["winner"], f"one of {', '.join(_WINNERS)}")
        return Vote(prompt, first, second, _WINNERS[row["winner"]], judged, language)
    return Vote(prompt, first, second, judged, None, language)


def _text(path: Path, number: int, key: str, value: object, turn: object = None) -> str:
    """A text, or what the assistant wrote in a conversation, up to the turn that was judged."""
    if isinstance(value, list):
        turns = [str(each.get("content")) for each in value if each.get("role") == "assistant"]
        return "\n\n".join(turns[: int(str(turn))] if turn else turns)
    if not isinstance(value, str):
        raise fault(path, number, key, value, "text or a list of messages")
    return value


def _prompt(value: object) -> str:
    users = (
        [str(each.get("content")) for each in value if each.get("role") == "user"] if isinstance(value, list) else []
    )
    return users[0] if users else str(value)


def pairs(votes: Sequence[Vote], verdicts: Sequence[Vote] | None = None) -> list[Pair]:
    """Every vote with every verdict on the same prompt and answers, in either order."""
    if verdicts is None:
        found = [(vote, vote.preference, vote.judged) for vote in votes]
    else:
        known = defaultdict(list)
        for vote in votes:
            if vote.preference is not None:
                known[vote.prompt, vote.first, vote.second].append((vote.preference, vote.language))
                if vote.first != vote.second:
                    known[vote.prompt, vote.second, vote.first].append((1 - vote.preference, vote.language))
        found = [
            (
                Vote(each.prompt, each.first, each.second, None, None, each.language or language),
                human,
                each.preference if each.judged is None else each.judged,
            )
            for each in verdicts
            for human, language in known[each.prompt, each.first, each.second]
        ]
    return [
        Pair(vote.prompt, vote.language, len(vote.second) - len(vote.first), human, judge)
        for vote, human, judge in found
        if human is not None and judge is not None
    ]


def agreement(found: Sequence[Pair]) -> dict[str, Any]:
    """Agreement on the winner, in percent, Cohen's kappa, and biases against people, in percentage points; each with a 95 % interval.

    Kappa is of first, tie and second (Cohen 1960, A Coefficient of Agreement for Nominal Scales), its interval the percentile bootstrap's
    over prompts. position: how much more often than people the judge prefers the first answer. length: the longer answer.
    """
    prompts = [pair.prompt for pair in found]
    human, judge = (np.sign([getattr(pair, who) - 0.5 for pair in found]) for who in ("human", "judge"))
    same = win_rate((human == judge).astype(float).tolist(), prompts)
    value, interval = _kappa(prompts, human.astype(int), judge.astype(int))
    position = difference([1 - pair.judge for pair in found], [1 - pair.human for pair in found], prompts)
    sided = [pair for pair in found if pair.longer]
    towards = [
        [x if pair.longer > 0 else 1 - x for pair in sided for x in (getattr(pair, who),)] for who in ("judge", "human")
    ]
    length = difference(towards[0], towards[1], [pair.prompt for pair in sided])
    return {
        "n": len(found),
        "agreement": (same.win_rate, same.interval),
        "kappa": (value, interval),
        "position": (position.difference, position.interval),
        "length": (length.difference, length.interval),
    }


def _kappa(prompts: Sequence[str], one: Any, other: Any) -> tuple[float | None, tuple[float, float] | None]:
    group = np.unique(np.asarray(prompts, dtype=object), return_inverse=True)[1]
    size = int(group.max()) + 1 if len(group) else 0
    tables = np.zeros((size, 9))
    np.add.at(tables, (group, 3 * (one + 1) + other + 1), 1)
    value = float(_kappas(tables.sum(axis=0, keepdims=True))[0])
    if np.isnan(value) or size < MIN_PROMPTS:
        return None if np.isnan(value) else value, None
    rng = np.random.default_rng(SEED)
    sampled = [rng.multinomial(size, np.full(size, 1 / size), 101) @ tables for _ in range(RESAMPLES // 101)]
    low, high = np.nanpercentile(_kappas(np.concatenate(sampled)), [2.5, 97.5])
    return value, (float(low), float(high))


def _kappas(tables: Floats) -> Floats:
    shares = (tables / np.maximum(tables.sum(axis=1, keepdims=True), 1)).reshape(-1, 3, 3)
    expected = (shares.sum(axis=1) * shares.sum(axis=2)).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(
            np.where(expected < 1, (np.trace(shares, axis1=1, axis2=2) - expected) / (1 - expected), np.nan)
        )


def calibrated(found: Sequence[Pair]) -> Calibrated | None:
    """Temperature and shift by maximum likelihood: logit P(vote) = logit(preference) / temperature + shift.

    Temperature scaling (Guo et al. 2017, On Calibration of Modern Neural Networks), with an intercept for the position. A tie is half a
    vote. Intervals are Wald's, with errors robust to several votes on a prompt. None where the judge's preferences are all hard.
    """
    judge, human = (np.array([getattr(pair, who) for pair in found]) for who in ("judge", "human"))
    if not np.any((judge > 0) & (judge < 1) & (judge != 0.5)):
        return None
    terms = np.column_stack([logit(np.clip(judge, _EDGE, 1 - _EDGE)), np.ones(len(judge))])

    def loss(weights: Floats) -> float:
        logits = terms @ weights
        return float((np.logaddexp(0, logits) - human * logits).mean())

    weights = minimize(loss, np.array([1.0, 0.0]), method="BFGS").x
    fitted = expit(terms @ weights)
    bread = np.linalg.pinv(terms.T @ (terms * (fitted * (1 - fitted))[:, None]))
    group = np.unique([pair.prompt for pair in found], return_inverse=True)[1]
    scores = np.zeros((group.max() + 1, 2))
    np.add.at(scores, group, terms * (human - fitted)[:, None])
    errors = 1.96 * np.sqrt(np.diag(bread @ scores.T @ scores @ bread))
    low, high = weights - errors, weights + errors
    return Calibrated(
        float(1 / weights[0]),
        (float(1 / high[0]), float(1 / low[0]) if low[0] > 0 else None),
        float(weights[1]),
        (float(low[1]), float(high[1])),
        (loss(np.array([1.0, 0.0])), loss(weights)),
        (_calibration_error(judge, human), _calibration_error(fitted, human)),
    )


def _calibration_error(predicted: Floats, human: Floats) -> float:
    """The mean distance of prediction and votes over ten bins of equal width, weighted by their votes (Guo et al. 2017)."""
    bins = np.minimum((predicted * _BINS).astype(int), _BINS - 1)
    return float(np.abs(np.bincount(bins, predicted - human)).sum() / len(human))
