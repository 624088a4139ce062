"""Turkish."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "tr", "Turkish", "Latn", "mid",
    rendering=Rendering(0.11, 2.8, word=0.041, name=0.82),
    scales={10**3: ("bin",), 10**6: ("mn", "milyon"), 10**9: ("milyar", "mlr"), 10**12: ("trilyon",)},
    abbreviations=("Sn", "Doç"),
    halves=("buçuk", "yarım"),
)  # fmt: skip
