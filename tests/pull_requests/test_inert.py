"""Nothing in a text is obeyed, and a reader sees the same text."""

from __future__ import annotations

import pytest

from tests.pull_requests.small import HOSTILE, obeyed
from xlforge.base.markdown import JOINER, inert


@pytest.mark.parametrize("words", HOSTILE[:7], ids=lambda words: words[:12])
def test_hostile_words_are_only_read(words: str) -> None:
    assert obeyed(inert(words)) == []
    assert inert(words).replace(JOINER, "") == words
    assert inert(inert(words)) == inert(words)


@pytest.mark.parametrize(
    "words", [HOSTILE[0], HOSTILE[1], HOSTILE[2], HOSTILE[3], HOSTILE[6]], ids=lambda words: words[:12]
)
def test_the_same_words_unchanged_would_be_obeyed(words: str) -> None:
    assert obeyed(words)


@pytest.mark.parametrize(
    "words",
    [
        "### Rows\n\n| stage | rows |\n|---|---:|\n| translations@de | 3 < 4 |\n",
        "<details><summary>Samples</summary>\n\n`selection@*:reject_share`\n\n</details>\n",
        "Q & A, 50 % [-went-]{+came+} #hashtag user@example",
    ],
)
def test_the_markup_of_the_comment_does_not_change(words: str) -> None:
    assert inert(words) == words
