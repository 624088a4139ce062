"""Maltese."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "mt", "Maltese", "Latn", "low",
    rendering=Rendering(0.15, 1.6, word=0.139, name=0.86),
    decimal_point=True,
    scales={10**3: ("elf",), 10**6: ("miljun", "milljun"), 10**9: ("biljun",), 10**12: ("triljun",)},
    halves=("u nofs", "nofs"),
    percent=("fil-mija",),
)  # fmt: skip
