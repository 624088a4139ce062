"""Hindi."""

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "hi", "Hindi", "Deva", "mid",
    rendering=Rendering(0.03, 1.6, word=0.001, name=0.05),
    decimal_point=True,
    scales={
        10**2: ("सौ",), 10**3: ("हज़ार", "हजार"), 10**5: ("लाख",), 10**6: ("मिलियन",), 10**7: ("करोड़",), 10**9: ("अरब", "बिलियन"),
        10**11: ("खरब",), 10**12: ("ट्रिलियन",),
    },
    abbreviations=("डॉ", "श्री", "प्रो"),
    halves=("साढ़े", "आधा", "आधे", "आधी"),
    half_words={"डेढ़": 1.5, "ढाई": 2.5},
    percent=("फ़ीसदी", "फीसदी"),
    units={"kilometre": ("किमी",)},
)  # fmt: skip
