"""Spanish."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "es", "Spanish", "Latn", "high",
    rendering=Rendering(0.10, 2.0, word=0.100, name=0.80),
    number_words={"una": 1},
    halves=("y medi", "medi"),
    units={"kilogram": ("kilo",)},
    abbreviations=("Sr", "Sra", "Dr", "Dra", "Ud", "Uds", "EE", "UU", "núm", "pág"),
    neighbours=("an", "eu", "oc"),
)  # fmt: skip
