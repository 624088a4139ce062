"""Portuguese."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "pt", "Portuguese", "Latn", "high",
    rendering=Rendering(0.12, 1.5, word=0.211, name=0.86),
    scales={10**3: ("mil",), 10**6: ("milhõ", "milhão"), 10**9: ("mil milhõ", "bilhõ", "bilhão"), 10**12: ("bilião", "biliõ")},
    abbreviations=("Sra", "Av"),
    number_words={"uma": 1, "duas": 2},
    halves=("e mei", "meia", "meio"),
    units={"kilogram": ("quilo",)},
)  # fmt: skip
