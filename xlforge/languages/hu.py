"""Hungarian."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "hu", "Hungarian", "Latn", "mid",
    rendering=Rendering(0.15, 2.3, word=0.040, name=0.81),
    scales={10**3: ("ezer", "ezres", "ezr"), 10**6: ("millió",), 10**9: ("milliárd",), 10**12: ("billió",)},
    abbreviations=("kb", "ún", "stb"),
    number_words={"két": 2},
    halves=("és fél", "fél"),
    half_words={"másfél": 1.5},
)  # fmt: skip
