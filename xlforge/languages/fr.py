"""French."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "fr", "French", "Latn", "high",
    rendering=Rendering(0.17, 1.8, word=0.248, name=0.89),
    scales={10**3: ("mille",), 10**6: ("million", "m"), 10**9: ("milliard", "md"), 10**12: ("billion",)},
    abbreviations=("Mme", "Mlle"),
    number_words={"une": 1},
    halves=("et demi", "demi"),
)  # fmt: skip
