"""translations@LANG: candidate translations of each answer into one language."""

from __future__ import annotations

from xlforge.core.spine import Build, main


def work(build: Build) -> None:
    """Translates each kept answer, `candidates` times, into the language given."""
    scores = build.rows("scores")
    made = build.run(scores.select("id", "response").to_dicts())
    candidate_id = build.module("pipeline").candidate_id
    expected = [
        candidate_id(answer, str(build.item), number)
        for answer in scores["id"]
        for number in range(build.params.candidates)
    ]
    build.deliver(made, expected=expected)


if __name__ == "__main__":
    main("translations", work)
