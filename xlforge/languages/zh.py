"""Simplified Chinese, the standard of the mainland."""

from xlforge.languages.registry import CANTONESE, Language, Numerals, Rendering

LANGUAGE = Language(
    "zh", "Simplified Chinese", "Hans", "high",
    rendering=Rendering(0.06, 3.2, word=0.001, name=0.19),
    decimal_point=True,
    scales={
        10**2: ("百",), 10**3: ("千",), 10**4: ("万",), 10**5: ("十万",), 10**6: ("百万",), 10**7: ("千万",), 10**8: ("亿",),
        10**9: ("十亿",), 10**10: ("百亿",), 10**11: ("千亿",), 10**12: ("万亿", "兆"),
    },
    numerals=Numerals(
        digits={char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2},
        places={"十": 10, "百": 100, "千": 1000},
        groups={"万": 10**4, "亿": 10**8},
        more="多余",
    ),
    halves=("半",),
    percent=("百分之",),
    minus=("负", "零下"),
    units={"kilometre": ("千米", "公里"), "kilogram": ("公斤", "千克"), "tonne": ("吨",), "yuan": ("元",)},
    unused_letters=CANTONESE,
    split_name="chinese",  # as the authors' datasets and m-AlpacaEval have it
)  # fmt: skip
