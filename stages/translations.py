"""translations@LANG: candidate translations of each answer into one language."""

from xlforge.base.rows import stripped_counts
from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Translates each kept answer, `candidates` times, into the language given."""
    scores = stage.rows("scores")
    made = stage.run(scores.select("id", "response").to_dicts())
    candidate_id = stage.module("pipeline").candidate_id
    numbers = range(stage.params.candidates)
    expected = [candidate_id(answer, str(stage.item), number) for answer in scores["id"] for number in numbers]
    stage.deliver(made, expected=expected, metrics=stripped_counts(made))


if __name__ == "__main__":
    main("translations", work)
