"""Greek."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "el", "Greek", "Grek", "mid",
    rendering=Rendering(0.10, 2.5, word=0.001, name=0.05),
    number_words={"μία": 1, "δύο": 2, "τρεις": 3, "τέσσερις": 4},
    halves=("και μισ", "μισ"),
    half_words={"μιάμιση": 1.5, "ενάμισ": 1.5, "δυόμισ": 2.5, "τρεισήμισ": 3.5, "τρισήμισ": 3.5, "τεσσεράμισ": 4.5, "πεντέμισ": 5.5},
    units={"kilometre": ("χλμ",)},
    sentence_ends=";\u037e",
    abbreviations=("χλμ", "εκ", "δισ", "π.χ", "κ.ά", "αρ"),
)  # fmt: skip
