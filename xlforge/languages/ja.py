"""Japanese."""

from xlforge.languages.registry import Language, Numerals, Rendering

LANGUAGE = Language(
    "ja", "Japanese", "Jpan", "high",
    rendering=Rendering(0.35, 3.5, word=0.001, name=0.10),
    scales={
        10**2: ("百",), 10**3: ("千",), 10**4: ("万",), 10**5: ("十万",), 10**6: ("百万",), 10**7: ("千万",), 10**8: ("億",),
        10**9: ("十億",), 10**10: ("百億",), 10**11: ("千億",), 10**12: ("兆",),
    },
    numerals=Numerals(
        digits={char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0},
        places={"十": 10, "百": 100, "千": 1000},
        groups={"万": 10**4, "億": 10**8},
        more="余",
    ),
    halves=("半",),
    percent=("パーセント", "割"),
    minus=("マイナス", "氷点下", "零下"),
    units={"kilometre": ("キロ",), "metre": ("メートル",), "hour": ("時間",), "minute": ("分間",), "day": ("日間",)},
)  # fmt: skip
