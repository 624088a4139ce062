"""Tables that several kinds of subject share: each entry one value, as whole phrases in English, German, Hungarian, Irish and French.

A phrase stands in the one grammatical environment that the sentences give its slot, inflected by hand; no rule
ever changes it. Only digits are the same in all languages, so numbers need no table.

French colours are feminine singular, for use after a feminine singular noun: "l'eau est bleue", "de couleur bleue".
"""

from __future__ import annotations

Value = tuple[str, ...]
Table = tuple[Value, ...]

WHEN: Table = (
    ("in spring", "im Frühling", "tavasszal", "san earrach", "au printemps"),
    ("in summer", "im Sommer", "nyáron", "sa samhradh", "en été"),
    ("in autumn", "im Herbst", "ősszel", "san fhómhar", "en automne"),
    ("in winter", "im Winter", "télen", "sa gheimhreadh", "en hiver"),
    ("in January", "im Januar", "januárban", "i mí Eanáir", "en janvier"),
    ("in February", "im Februar", "februárban", "i mí Feabhra", "en février"),
    ("in March", "im März", "márciusban", "i mí an Mhárta", "en mars"),
    ("in May", "im Mai", "májusban", "i mí na Bealtaine", "en mai"),
    ("in June", "im Juni", "júniusban", "i mí an Mheithimh", "en juin"),
    ("in September", "im September", "szeptemberben", "i mí Mheán Fómhair", "en septembre"),
    ("in October", "im Oktober", "októberben", "i mí Dheireadh Fómhair", "en octobre"),
    ("in November", "im November", "novemberben", "i mí na Samhna", "en novembre"),
)

LOCATION: Table = (
    ("at the foot of a hill", "am Fuß eines Hügels", "egy domb lábánál", "ag bun cnoic", "au pied d'une colline"),
    (
        "on the edge of a forest",
        "am Rand eines Waldes",
        "egy erdő szélén",
        "ar imeall foraoise",
        "à la lisière d'une forêt",
    ),
    (
        "near a wide river",
        "nahe einem breiten Fluss",
        "egy széles folyó közelében",
        "gar d'abhainn leathan",
        "près d'une large rivière",
    ),
    ("in a deep valley", "in einem tiefen Tal", "egy mély völgyben", "i ngleann domhain", "dans une vallée profonde"),
    ("by the sea", "am Meer", "a tenger mellett", "cois farraige", "au bord de la mer"),
    ("on a high plateau", "auf einer Hochebene", "egy magas fennsíkon", "ar ardchlár", "sur un haut plateau"),
    (
        "beside an old road",
        "an einer alten Straße",
        "egy régi út mellett",
        "in aice le seanbhóthar",
        "le long d'une vieille route",
    ),
    ("between two hills", "zwischen zwei Hügeln", "két domb között", "idir dhá chnoc", "entre deux collines"),
    ("near the border", "nahe der Grenze", "a határ közelében", "gar don teorainn", "près de la frontière"),
)

COLOUR: Table = (
    ("blue", "blau", "kék", "gorm", "bleue"),
    ("green", "grün", "zöld", "uaine", "verte"),
    ("black", "schwarz", "fekete", "dubh", "noire"),
    ("brown", "braun", "barna", "donn", "brune"),
    ("grey", "grau", "szürke", "liath", "grise"),
    ("dark blue", "dunkelblau", "sötétkék", "dúghorm", "bleu foncé"),
    ("golden", "golden", "aranyszínű", "órga", "dorée"),
    ("silver", "silbern", "ezüstszínű", "ar dhath an airgid", "argentée"),
)
