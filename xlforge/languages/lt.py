"""Lithuanian."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "lt", "Lithuanian", "Latn", "mid",
    rendering=Rendering(0.09, 1.9, word=0.056, name=0.74),
    scales={10**3: ("tūkst",), 10**6: ("mln", "milijon"), 10**9: ("mlrd", "milijard"), 10**12: ("trln", "trilijon")},
    abbreviations=("mln", "mlrd", "tūkst", "proc", "pvz"),
    number_words={"dvi": 2},
    percent=("proc",),
    halves=("su puse", "pus"),
    half_words={"pusantr": 1.5},
)  # fmt: skip
