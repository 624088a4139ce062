"""Finnish."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "fi", "Finnish", "Latn", "mid",
    rendering=Rendering(0.16, 1.7, word=0.048, name=0.82),
    scales={10**3: ("tuha",), 10**6: ("milj",), 10**9: ("mrd", "miljard"), 10**12: ("biljoona",)},
    abbreviations=("Onor", "esim", "mm", "klo", "ns", "milj", "mrd"),
    halves=("ja puoli", "puoli", "puolen"),
    half_words={"puolitoista": 1.5, "puolentoista": 1.5},
)  # fmt: skip
