"""The card of the pocket models, every figure in it measured when it is written: `python -m pocket.card`."""

from __future__ import annotations

from pathlib import Path

import click

from pocket import measure
from pocket.grades import DIMENSIONS
from pocket.kinds import KINDS
from pocket.names import pool
from pocket.train import MODELS

_JOBS = {
    "brief": "passage → question",
    "question": "answer → question",
    "answer": "question and noisy passage → clean answer",
    "translation": "English answer → translation",
    "selection": "translation → English",
}
_CARD = """---
license: cc-by-sa-4.0
language: [en, de, hu, ga, fr]
tags: [pocket, test-model]
---
# Pocket models

## teacher

A Llama of {parameters:,} parameters ({layers} layers, width {hidden}, vocabulary {vocabulary}), {megabytes:.1f} MB with its weights in
16 bits. It was trained from scratch by `python -m pocket.train teacher` on texts drawn from the grammar in `pocket/`: invented
subjects ({kinds}) with invented names, in English, German, Hungarian, Irish and French. It does the teacher's
jobs of a default build, through the project's own prompt files: it writes questions, cleans passages into answers,
translates and translates back. Every training example had a fresh name and fresh facts, so it copies
what it reads; it knows nothing.

**For** trying, teaching and testing the build. **Not for** anything else: on text that is not of the pocket world it
writes nonsense and its grades mean nothing, and its figures say nothing about any other model.

### How good it is

Against what the grammar knows to be right, on {count} held-out examples a row: names that no training example had (the
pool `{pool}` of `pocket/names.py`). *Right*: the name and every slot phrase asked for stand in the answer as whole
words; of a question: the text answers it. *Word for word*: exactly as the grammar would write it. Greedy:

| job | language | right | word for word |
|---|---|---|---|
{greedy}

Sampled at temperature {temperature}, {sample_count} examples a row: the first candidate, and whether any of three is right, which is
what a perfect choice among them would reach.

| job | language | first right | any of 3 right |
|---|---|---|---|
{sampled}

Grades, greedy, on {grade_count} answers of which most were made faulty, by the teacher and by the judge. *Seen*: of the answers with a
fault of precision, those that are not graded 5 for it; *blamed*: of those without, the same.

| model | could be read | precision | informativeness | naturalness | objectivity | seen | blamed |
|---|---|---|---|---|---|---|---|
{graded}

## judge

The teacher, trained further to compare an answer with a text fact by fact: `python -m pocket.train comparing`, `judging`, and
`verdicts` (`pocket/train.py`); {judge_megabytes:.1f} MB. It forgot how to translate: it grades and compares, and does nothing else.
**For** the default build's grades and verdicts. **Not for** anything else.

Verdicts on {grade_count} pairs a language, of which one answer is better by language or facts and each letter is right about half the
time, with the right answer in the prompt: *right*, the better one wins in both orders; *same*, both orders have one verdict (the others
are ties); Cohen's kappa. Grades of {grade_count} answers in their own language: *seen* and *blamed* as above, by precision.

| language | right | same | kappa | grades read | precision | naturalness | seen | blamed |
|---|---|---|---|---|---|---|---|---|
{judged}

## student

A Llama of {student_parameters:,} parameters ({student_layers} layers, width {student_hidden}), {student_megabytes:.1f} MB, with the
teacher's tokenizer: the base that students are trained on. It was trained from scratch by `python -m pocket.train student`
(`pocket/world.py` makes what it read): texts about the subjects of the shipped seeds and of the evaluation prompts in
English, German, Hungarian, Irish and French, each in one language or in several one after the other, most of them under a line
that names the language (`Language: German`); and questions about the seeds' subjects alone, each answered in its own language, half of
them with such a line. Some English questions have a remark that names a language ("I am learning French.") and changes nothing. It never
saw a question in one language with an answer in another, a request for a language, or a question about a subject of the evaluation prompts.

**For** showing what training on a dataset does, in minutes. **Not for** anything else.

Asked about {known_count} of the seeds' subjects in each language, greedy, it gives every fact asked for, in the language:
{known}. What it makes of the evaluation prompts, before and after training, is what
`dvc repro` measures: `data/evaluation/metrics.json`.
"""


def _percent(share: object) -> str:
    return "" if share is None else f"{share:.0%}"


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.iterdir()) / 1e6


def card(models: Path, count: int, sample_count: int, grade_count: int, temperature: float) -> str:
    """The card's text, measured anew; a few minutes on two cores."""
    folder, student = models / "teacher", models / "student"
    model = measure.Model(folder)
    greedy = measure.greedy(model, count)
    sampled = measure.sampled(model, sample_count, temperature)
    graded = measure.held_out("scores", grade_count)
    prompts = [example.prompt for example in graded]
    judge = measure.Model(models / "judge")
    marks = {
        name: measure.grades(graded, judging.answers(prompts))
        for name, judging in (("teacher", model), ("judge", judge))
    }
    verdicts = measure.judged(judge, grade_count)
    config = model.model.config
    base = measure.Model(student)
    known = measure.known(base, count)
    return _CARD.format(
        parameters=model.model.num_parameters(),
        layers=config.num_hidden_layers,
        hidden=config.hidden_size,
        vocabulary=config.vocab_size,
        megabytes=_megabytes(folder),
        kinds=", ".join(kind.name for kind in KINDS),
        pool=pool(graded[0].subject.name),
        count=count,
        greedy="\n".join(
            f"| {_JOBS[str(row['job'])]} | {row['lang']} | {_percent(row['right'])} | {_percent(row['word_for_word'])} |"
            for row in greedy
        ),
        temperature=temperature,
        sample_count=sample_count,
        sampled="\n".join(
            f"| {_JOBS[str(row['job'])]} | {row['lang']} | {_percent(row['first'])} | {_percent(row['best'])} |"
            for row in sampled
        ),
        student_parameters=base.model.num_parameters(),
        student_layers=base.model.config.num_hidden_layers,
        student_hidden=base.model.config.hidden_size,
        student_megabytes=_megabytes(student),
        known_count=count,
        known=", ".join(f"{row['lang']} {row['right']:.0%}" for row in known),
        grade_count=grade_count,
        graded="\n".join(
            f"| {name} | {' | '.join(_percent(shares[column]) for column in ('readable', *DIMENSIONS, 'seen', 'blamed'))} |"
            for name, shares in marks.items()
        ),
        judged="\n".join(
            f"| {row['lang']} | {_percent(row['right'])} | {_percent(row['orders'])} | {row['kappa']:.2f} | "
            + " | ".join(_percent(row[name]) for name in ("readable", "precision", "naturalness", "seen", "blamed"))
            + " |"
            for row in verdicts
        ),
        judge_megabytes=_megabytes(models / "judge"),
    )


@click.command()
@click.option("--models", default=MODELS, type=click.Path(path_type=Path), show_default=True)
@click.option("--count", default=100, show_default=True, help="Greedy examples a row.")
@click.option("--sample-count", default=60, show_default=True, help="Sampled examples a row.")
@click.option("--grade-count", default=200, show_default=True)
@click.option("--temperature", default=1.0, show_default=True)
def main(models: Path, count: int, sample_count: int, grade_count: int, temperature: float) -> None:
    """Measure the pocket models and write their card, the README.md beside them."""
    text = card(models, count, sample_count, grade_count, temperature)
    (models / "README.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
