"""Arabic."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "ar", "Arabic", "Arab", "high",
    rendering=Rendering(-0.15, 3.0, word=0.001, name=0.05),
    unused_letters="ٹڈڑںھہےۓپچژگکیڕڵێۆەڭېۇۈ",
    halves=("ونصف", "نصف"),
    percent=("في المئة", "في المائة", "بالمئة", "بالمائة"),
    minus=("سالب",),
    units={"kilometre": ("كيلومتر", "كلم", "كم")},
    neighbours=("fa", "ps", "ug", "ur"),
)  # fmt: skip
