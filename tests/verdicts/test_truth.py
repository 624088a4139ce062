"""Which facts an answer holds is told by whole words, in scripts that set words apart and in those that do not."""

from __future__ import annotations

import pytest

from xlforge.evaluation.judging.truth import facts


@pytest.mark.parametrize(
    ("answer", "phrase", "held"),
    [
        ("Sie wurde 1834 gebaut.", "1834", 1.0),
        ("Sie wurde 18345 gebaut.", "1834", 0.0),
        ("这座塔建于1834年。", "1834", 1.0),
        ("这座塔建于18345年。", "1834", 0.0),
        ("这座塔建于一八三四年。", "一八三四年", 1.0),
        ("Der Holzturm steht dort.", "Holz", 0.0),
        ("यह 1834 में बना।", "1834", 1.0),
    ],
)
def test_a_fact_is_held_where_its_phrase_stands_as_whole_words(answer: str, phrase: str, held: float) -> None:
    assert facts(answer, [{"phrases": [{"language": "xx", "phrase": phrase}]}], "xx") == held


def test_no_facts_to_look_for_is_no_share() -> None:
    assert facts("Ja.", [], "de") is None
    assert facts("Ja.", [{"phrases": [{"language": "hu", "phrase": "igen"}]}], "de") is None
