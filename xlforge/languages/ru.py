"""Russian."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "ru", "Russian", "Cyrl", "high",
    rendering=Rendering(-0.05, 3.0, word=0.001, name=0.05),
    unused_letters="іїєґўђћјљњџѓќѕәғқңөұүһІЇЄҐЎЂЋЈЉЊЏЃЌЅӘҒҚҢӨҰҮҺ",
    number_words={"одна": 1, "две": 2, "двух": 2, "трёх": 3, "четырёх": 4, "пяти": 5},
    halves=("с половиной", "половин", "пол"),
    half_words={"полтор": 1.5},
    abbreviations=("г", "гг", "в", "вв", "тыс", "млн", "млрд", "руб", "ул", "им", "др", "пр"),
    neighbours=("be", "bg", "kk", "ky", "mk", "sr"),
)  # fmt: skip
