"""Korean."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "ko", "Korean", "Kore", "high",
    rendering=Rendering(-0.60, 3.5, word=0.001, name=0.10),
    decimal_point=True,
    scales={10**5: ("십만",), 10**6: ("백만",), 10**7: ("천만",), 10**9: ("십억",), 10**10: ("백억",), 10**11: ("천억",)},
    number_words={
        "한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10,
        "열한": 11, "열두": 12, "스무": 20,
    },
    halves=("반", "절반"),
    percent=("퍼센트", "프로"),
    minus=("영하", "마이너스"),
)  # fmt: skip
