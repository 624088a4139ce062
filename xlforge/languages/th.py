"""Thai: no mark ends a sentence, and no space a word."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "th", "Thai", "Thai", "mid",
    rendering=Rendering(-0.05, 2.0, word=0.001, name=0.05),
    halves=("ครึ่ง",),
    minus=("ติดลบ",),
    units={"kilometre": ("กิโล",)},
    neighbours=("lo",),
)  # fmt: skip
