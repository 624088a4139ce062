"""Tables that several kinds of subject share: each entry one value, as whole phrases in English, German, Hungarian and Irish.

A phrase stands in the one grammatical environment that the sentences give its slot, inflected by hand; no rule
ever changes it. Only digits are the same in all languages, so numbers need no table.
"""

from __future__ import annotations

Value = tuple[str, str, str, str]
Table = tuple[Value, ...]

WHEN: Table = (
    ("in spring", "im Frühling", "tavasszal", "san earrach"),
    ("in summer", "im Sommer", "nyáron", "sa samhradh"),
    ("in autumn", "im Herbst", "ősszel", "san fhómhar"),
    ("in winter", "im Winter", "télen", "sa gheimhreadh"),
    ("in January", "im Januar", "januárban", "i mí Eanáir"),
    ("in February", "im Februar", "februárban", "i mí Feabhra"),
    ("in March", "im März", "márciusban", "i mí an Mhárta"),
    ("in May", "im Mai", "májusban", "i mí na Bealtaine"),
    ("in June", "im Juni", "júniusban", "i mí an Mheithimh"),
    ("in September", "im September", "szeptemberben", "i mí Mheán Fómhair"),
    ("in October", "im Oktober", "októberben", "i mí Dheireadh Fómhair"),
    ("in November", "im November", "novemberben", "i mí na Samhna"),
)

LOCATION: Table = (
    ("at the foot of a hill", "am Fuß eines Hügels", "egy domb lábánál", "ag bun cnoic"),
    ("on the edge of a forest", "am Rand eines Waldes", "egy erdő szélén", "ar imeall foraoise"),
    ("near a wide river", "nahe einem breiten Fluss", "egy széles folyó közelében", "gar d'abhainn leathan"),
    ("in a deep valley", "in einem tiefen Tal", "egy mély völgyben", "i ngleann domhain"),
    ("by the sea", "am Meer", "a tenger mellett", "cois farraige"),
    ("on a high plateau", "auf einer Hochebene", "egy magas fennsíkon", "ar ardchlár"),
    ("beside an old road", "an einer alten Straße", "egy régi út mellett", "in aice le seanbhóthar"),
    ("between two hills", "zwischen zwei Hügeln", "két domb között", "idir dhá chnoc"),
    ("near the border", "nahe der Grenze", "a határ közelében", "gar don teorainn"),
)

COLOUR: Table = (
    ("blue", "blau", "kék", "gorm"),
    ("green", "grün", "zöld", "uaine"),
    ("black", "schwarz", "fekete", "dubh"),
    ("brown", "braun", "barna", "donn"),
    ("grey", "grau", "szürke", "liath"),
    ("dark blue", "dunkelblau", "sötétkék", "dúghorm"),
    ("golden", "golden", "aranyszínű", "órga"),
    ("silver", "silbern", "ezüstszínű", "ar dhath an airgid"),
)
