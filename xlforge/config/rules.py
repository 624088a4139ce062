"""Rules between the blocks of params.yaml; those of one block stand with its model."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlforge.config.models import Model

if TYPE_CHECKING:
    from xlforge.config.params import Shared

_BARE = "prompts: text is for translators and the estimator: name a model that follows instructions"

_REASONING = 256
"""Tokens that a judge needs which reasons before it gives its letter, at the least."""


def faults(whole: "Shared", blocks: dict[str, Any], pipelines: Path) -> list[str]:
    """What is wrong between blocks, in words. blocks: `Params` of the stages whose block is right. pipelines: their folder."""
    translations, selection = blocks.get("translations"), blocks.get("selection")
    return [
        *_unnamed(translations, whole.translators),
        *_unmatched(whole, blocks.get("verdicts")),
        *_unrequested(translations, selection),
        *_unprompted(whole, blocks, pipelines),
        *_not_taken(blocks),
        *_unjudged(whole, blocks.get("benchmark"), blocks.get("verdicts")),
    ]


def _not_taken(blocks: dict[str, Any]) -> list[str]:
    """Questions and answers of the source, which the first versions would generate all the same."""
    source = getattr(blocks.get("seeds"), "source", None)
    if not (getattr(source, "instruction", None) or getattr(source, "response", None)):
        return []
    old = [stage for stage in ("instructions", "responses") if getattr(blocks.get(stage), "version", None) == "v1"]
    return [f"{stage}.version: v1 generates what seeds.source gives: write a later version" for stage in old]


def _unjudged(whole: "Shared", benchmark: Any, verdicts: Any) -> Iterator[str]:
    """What the benchmark or the judge's sampling lacks, and verdicts or answers need."""
    source = getattr(benchmark, "source", None)
    embedded = getattr(verdicts, "judge", None) == "embedded"
    if source and embedded and not source.truth:
        yield (
            "verdicts.judge: embedded compares answers with the benchmark's truth, and benchmark.source.truth names no column: write "
            "`judge: llm`, or name the column"
        )
    if source and getattr(verdicts, "truth", False) and not source.truth:
        yield "verdicts.truth: true, and benchmark.source.truth names no column: write `truth: false`, or name the column"
    for name in (name for name, entry in whole.models.items() if source and entry.reads and not source.passage):
        yield (
            f"models.{name}.reads: passage, and benchmark.source.passage names no column: write `reads: null`, or name the column"
        )
    thinks = whole.judge.reasoning_effort not in (None, "none") or whole.judge.chat_template_kwargs.get(
        "enable_thinking"
    )
    if verdicts and not embedded and thinks and verdicts.sampling.max_tokens < _REASONING:
        yield (
            f"verdicts.sampling.max_tokens: {verdicts.sampling.max_tokens}, and the judge reasons before its verdict: write at least "
            f"{_REASONING}, or turn reasoning off under `judge`"
        )


def _unnamed(block: Any, translators: dict[str, Model]) -> list[str]:
    known = ", ".join(translators)
    return [
        f"translations.models: {name!r} is not under `translators`, which has {known}"
        for name in (block.models if block else ())
        if name not in translators
    ]


def _unrequested(translations: Any, selection: Any) -> list[str]:
    """Log-probabilities that a quality estimate reads must be requested."""
    if not (translations and selection and selection.weights.likelihood) or getattr(translations, "logprobs", True):
        return []
    weight = selection.weights.likelihood
    return [f"selection.weights.likelihood: is {weight}, and needs translations.logprobs: true"]


def _unprompted(whole: "Shared", blocks: dict[str, Any], pipelines: Path) -> list[str]:
    """Translation systems, which read no instructions, in roles or versions that have no prompt of the text alone."""
    faults = [f"{role}: {_BARE}" for role in ("teacher", "judge") if getattr(whole, role).prompts == "text"]
    bare = {"selection": whole.estimator.prompts == "text"}
    bare["translations"] = any(model.prompts == "text" for model in whole.translators.values())
    for stage in sorted(stage for stage, is_bare in bare.items() if is_bare and blocks.get(stage)):
        version = blocks[stage].version
        if not (pipelines / stage / version / "prompts" / "text.jinja2").exists():
            faults.append(f"{stage}.version: {version} has no prompts of size text: write a later version")
    return faults


def _unmatched(whole: "Shared", verdicts: Any) -> list[str]:
    """Names in `models` and of the reference that name nothing."""
    models: dict[str, Any] = dict(whole.models)
    wanted = [(f"models.{name}.against", entry.against, models, "models") for name, entry in models.items()]
    wanted += [
        (f"models.{name}.student", entry.student, dict(whole.students), "students")
        for name, entry in models.items()
        if entry.student
    ]
    if verdicts:
        wanted.append(("verdicts.reference", verdicts.reference, models, "models"))
    wanted += [("evaluation.compare", name, models, "models") for pair in whole.evaluation.compare for name in pair]
    return [
        f"{where}: {name!r} is not under `{block}`, which has {', '.join(known) or 'nothing'}"
        for where, name, known, block in wanted
        if name not in known
    ]
