"""Welsh."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "cy", "Welsh", "Latn", "low",
    rendering=Rendering(0.08, 2.5, word=0.030, name=0.70),
    number_words={"dwy": 2, "tair": 3, "pedair": 4},
    halves=("a hanner", "hanner"),
    neighbours=("br",),
)  # fmt: skip
