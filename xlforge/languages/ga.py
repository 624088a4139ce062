"""Irish."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "ga", "Irish", "Latn", "low",
    rendering=Rendering(0.16, 1.9, word=0.035, name=0.73),
    decimal_point=True,
    scales={10**3: ("míle", "mhíle"), 10**6: ("milliún", "mhilliún"), 10**9: ("billiún", "bhilliún")},
    number_words={"dhá": 2},
    halves=("go leith", "leath"),
    units={"mile": ("míle", "mhíle")},
    percent=("gcéad", "sa chéad"),
)  # fmt: skip
