"""Traditional Chinese, as Taiwan and Hong Kong write the standard language."""

from xlforge.languages.registry import CANTONESE, Language, Numerals, Rendering

LANGUAGE = Language(
    "zh-Hant", "Traditional Chinese", "Hant", "mid",
    rendering=Rendering(0.06, 3.2, word=0.001, name=0.19),
    unused_letters=CANTONESE,
    decimal_point=True,
    scales={
        10**2: ("百",), 10**3: ("千",), 10**4: ("萬",), 10**5: ("十萬",), 10**6: ("百萬",), 10**7: ("千萬",), 10**8: ("億",),
        10**9: ("十億",), 10**10: ("百億",), 10**11: ("千億",), 10**12: ("萬億", "兆"),
    },
    numerals=Numerals(
        digits={char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "兩": 2},
        places={"十": 10, "百": 100, "千": 1000},
        groups={"萬": 10**4, "億": 10**8},
        more="多餘",
    ),
    halves=("半",),
    percent=("百分之",),
    minus=("負", "零下"),
    units={"metre": ("公尺", "米"), "kilometre": ("公里",), "kilogram": ("公斤",), "tonne": ("公噸", "噸"), "yuan": ("元",)},
)  # fmt: skip
