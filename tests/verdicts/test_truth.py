"""An answer has a fact where its phrase is in it as whole words, in scripts with and without spaces."""

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
def test_a_fact_counts_where_its_phrase_is_in_the_answer_as_whole_words(answer: str, phrase: str, held: float) -> None:
    assert facts(answer, [{"phrases": [{"language": "xx", "phrase": phrase}]}], "xx") == held


def test_without_facts_there_is_no_share() -> None:
    assert facts("Ja.", [], "de") is None
    assert facts("Ja.", [{"phrases": [{"language": "hu", "phrase": "igen"}]}], "de") is None
