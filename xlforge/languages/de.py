"""German."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "de", "German", "Latn", "high",
    rendering=Rendering(0.20, 1.6, word=0.132, name=0.89),
    scales={10**3: ("tausend", "tsd"), 10**6: ("mio", "million"), 10**9: ("mrd", "milliarde"), 10**12: ("billion",)},
    abbreviations=("Hr", "Fr", "Nr", "Mio", "Mrd", "Tsd", "bzw", "ca", "usw", "Abb"),
    number_words={"ein": 1, "eine": 1, "zwo": 2},
    halves=("einhalb", "ein halb", "halb"),
    half_words={"anderthalb": 1.5, "eineinhalb": 1.5},
)  # fmt: skip
