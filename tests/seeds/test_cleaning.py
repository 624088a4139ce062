"""Cleaning takes out what no reader would miss, and nothing else."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.seeds.v1.cleaning import cleaned
from tests.seeds.conftest import PROSE

A, B = PROSE[0], PROSE[1]
NOISE = {
    "tags": (f"<div class='x'><p>{A}</p><p>{B}</p></div>", f"{A}\n\n{B}"),
    "inline tags": (A.replace("pier", "<b>pi</b>er"), A),
    "scripts": (f"<script>if (a < b) {{ x() }}</script>{A}<!-- advert -->", A),
    "entities": ("Fish &amp; chips cost &pound;5 &lt; 6", "Fish & chips cost £5 < 6"),
    "links": ("See [the map](https://e.org/map) and ![photo](a.png) here", "See the map and here"),
    "spaces": ("one\u00a0 two\t\tthree \n \n\n\n four ", "one two three\n\nfour"),
    "unseen": ("soft\u00adly zero\u200bwidth \ufeffbell\x07", "softly zerowidth bell"),
    "line ends": ("one\r\ntwo\rthree\u2028four", "one\ntwo\nthree\nfour"),
    "menu": (f"Home | About us | Contact\n{A}\nHome > Travel > Norway", A),
    "cookies": (f"This website uses cookies to ensure you get the best experience. Got it!\n{A}", A),
    "buttons": (f"{A}\nShare on Facebook | Tweet | 12 comments\nFollow us", A),
    "advert": (f"Advertisement\n{A}\nSALE! 50% off garden chairs, this week only!", A),
    "dateline": (f"Posted by admin on 3 May 2019\n{A}\nLast updated: 2021-04-05", A),
    "more": (f"{A}\nYou may also like: ten things\nRead more about...", A),
    "rights": (f"{A}\n© 2019 Example Ltd. All rights reserved.", A),
    "navigation": (f"Skip to content\n{A}\nBack to top\n=====", A),
}
PLAIN = [
    *PROSE,
    "If a < b and b > c then x[0](y) is 3 | 4, and AT&T or R&D; stay.",
    "We used cookies from the shop on the corner, since nobody had time to bake.",
    "The old school is a shop now.",
    "She edits the village newsletter.",
    "My aunt uses cookies to decorate the tree before every visit.",
    "Copyright law protects what somebody has made.",
    "You may also like the museum next door, which opened in 1901.",
    "Fresh basil | Olive oil | Garlic",
    "Roses are red / Violets are blue / Sugar is sweet",
    "Roses are red, violets are blue; share this cake with friends or leave a comment on the wall.",
    "| Year | People |\n|---|---|\n| 1900 | 40 |",
    "def f(x):\nreturn {\n'a': 1\n}",
    "Published in 1922, the novel was read more widely than any before it.",
    "The generic type List<T> and the tag <custom> are no HTML.",
    "1. Mix the flour.\n2. Add water.\n- salt\n- oil",
]


@pytest.mark.parametrize("noise", NOISE)
def test_noise_goes(noise: str) -> None:
    given, wanted = NOISE[noise]
    assert cleaned(pl.Series([given]))[0]["passage"][0] == wanted


@pytest.mark.parametrize("text", PLAIN)
def test_prose_lists_tables_and_code_stay(text: str) -> None:
    frame, touched = cleaned(pl.Series([text]))
    assert frame["passage"][0] == text and not any(touched.values())


def test_rows_keep_their_places_and_rules_are_counted() -> None:
    frame, touched = cleaned(pl.Series([A, f"Home | News | Map\n{B}", "", "Home | News | Map"]))
    assert frame["passage"].to_list() == [A, B, "", ""]
    assert frame["boilerplate"].to_list()[::2] == [0.0, 0.0] and frame["boilerplate"][3] == 1.0
    assert touched["dropped_menu"] == 2


def test_cleaning_twice_changes_nothing_more() -> None:
    once = cleaned(pl.Series([given for given, _ in NOISE.values()]))[0]["passage"]
    assert cleaned(once)[0]["passage"].to_list() == once.to_list()
