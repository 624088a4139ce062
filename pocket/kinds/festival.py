"""A festival: when and where it is held, in whose honour, and what people do and eat there."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import WHEN, Table

_PLACE: Table = (
    ("on the market square", "auf dem Marktplatz", "a piactéren", "ar chearnóg an mhargaidh"),
    ("by the river", "am Fluss", "a folyónál", "cois na habhann"),
    ("in the forest", "im Wald", "az erdőben", "sa choill"),
    ("on the hill", "auf dem Hügel", "a dombon", "ar an gcnoc"),
    ("in the castle yard", "im Burghof", "a várudvaron", "i gclós an chaisleáin"),
    ("on the beach", "am Strand", "a tengerparton", "ar an trá"),
    ("in the old harbour", "im alten Hafen", "a régi kikötőben", "sa seanchaladh"),
    ("in the vineyards", "in den Weinbergen", "a szőlőkben", "sna fíonghoirt"),
)
_HONOUR: Table = (
    ("in honour of the harvest", "zu Ehren der Ernte", "az aratás tiszteletére", "in ómós don fhómhar"),
    (
        "in honour of the first snow",
        "zu Ehren des ersten Schnees",
        "az első hó tiszteletére",
        "in ómós don chéad sneachta",
    ),
    ("in honour of the bees", "zu Ehren der Bienen", "a méhek tiszteletére", "in ómós do na beacha"),
    ("in honour of the bakers", "zu Ehren der Bäcker", "a pékek tiszteletére", "in ómós do na báicéirí"),
    ("in honour of the river", "zu Ehren des Flusses", "a folyó tiszteletére", "in ómós don abhainn"),
    (
        "in honour of an old queen",
        "zu Ehren einer alten Königin",
        "egy régi királynő tiszteletére",
        "in ómós do sheanbhanríon",
    ),
    ("in honour of the weavers", "zu Ehren der Weber", "a takácsok tiszteletére", "in ómós do na fíodóirí"),
)
_ACTIVITY: Table = (
    ("dance in a circle", "tanzen im Kreis", "körben táncolnak", "ag damhsa i gciorcal"),
    ("sing old songs", "singen alte Lieder", "régi dalokat énekelnek", "ag canadh seanamhrán"),
    ("race on horses", "reiten um die Wette", "lóversenyt tartanak", "ag rásaíocht ar chapaill"),
    ("carry lanterns", "tragen Laternen", "lámpásokat visznek", "ag iompar laindéar"),
    ("throw flowers", "werfen Blumen", "virágokat dobálnak", "ag caitheamh bláthanna"),
    ("beat drums", "schlagen Trommeln", "dobokat vernek", "ag bualadh drumaí"),
    ("race in boats", "rudern um die Wette", "csónakversenyt tartanak", "ag rásaíocht i mbáid"),
    ("tell stories", "erzählen Geschichten", "történeteket mesélnek", "ag insint scéalta"),
)
_FOOD: Table = (
    ("honey cakes", "Honigkuchen", "mézeskalácsot", "cácaí meala"),
    ("roasted nuts", "geröstete Nüsse", "pirított diót", "cnónna rósta"),
    ("fish soup", "Fischsuppe", "hallevest", "anraith éisc"),
    ("apple bread", "Apfelbrot", "almás kenyeret", "arán úll"),
    ("barley bread", "Gerstenbrot", "árpakenyeret", "arán eorna"),
    ("cheese rolls", "Käsebrötchen", "sajtos zsemlét", "rollaí cáise"),
    ("roast potatoes", "Bratkartoffeln", "sült burgonyát", "prátaí rósta"),
    ("mushroom pies", "Pilzpasteten", "gombás pitét", "pióga muisiriún"),
)

KIND = Kind(
    name="festival",
    the="the {name} festival",
    short="the festival",
    tables={
        "when": WHEN,
        "place": _PLACE,
        "honour": _HONOUR,
        "year": range(1102, 1990),
        "guests": range(120, 1000, 10),
        "activity": _ACTIVITY,
        "food": _FOOD,
    },
    questions={
        "all": GENERAL,
        "first": (
            "When and where does {it} take place, and why?",
            "Where is {it} held, and whom or what does it honour?",
            "Could you tell me when {it} is held and since when it has existed?",
        ),
        "second": (
            "What happens at {it}, and what do people eat?",
            "How many guests does {it} have, and what do they do there?",
            "Could you tell me what people do and eat at {it}?",
        ),
    },
    units=(
        Unit(
            slots={"when": "season", "place": "place"},
            open={
                "en": "The {name} festival takes place {when} {place}.",
                "de": "Das Fest {name} findet {when} {place} statt.",
                "hu": "A {name} nevű ünnepet {when} tartják {place}.",
                "ga": "Bíonn an fhéile ar a dtugtar {name} ar siúl {when} {place}.",
            },
            follow={
                "en": "It takes place {when} {place}.",
                "de": "Es findet {when} {place} statt.",
                "hu": "Az ünnepet {when} tartják {place}.",
                "ga": "Bíonn sí ar siúl {when} {place}.",
            },
            web=(
                "If you are in the area {when}, look in on {it}, which you will find {place}.",
                "Year after year {it} is put up {place}, always {when}.",
            ),
        ),
        Unit(
            slots={"honour": "honour", "year": "year"},
            open={
                "en": "The {name} festival has been celebrated {honour} since {year}.",
                "de": "Das Fest {name} wird seit {year} {honour} gefeiert.",
                "hu": "A {name} nevű ünnepet {year} óta rendezik meg {honour}.",
                "ga": "Tá an fhéile ar a dtugtar {name} á ceiliúradh {honour} ón mbliain {year}.",
            },
            follow={
                "en": "It has been celebrated {honour} since {year}.",
                "de": "Es wird seit {year} {honour} gefeiert.",
                "hu": "Az ünnepet {year} óta rendezik meg {honour}.",
                "ga": "Tá sí á ceiliúradh {honour} ón mbliain {year}.",
            },
            web=(
                "It was in {year} that somebody first held {it}, {honour}, as the old people tell.",
                "Hardly anyone remembers that {it} was begun {honour}, back in {year}.",
            ),
        ),
        Unit(
            slots={"guests": "number of guests", "activity": "activity"},
            open={
                "en": "The {name} festival draws {guests} guests, and people {activity}.",
                "de": "Zum Fest {name} kommen {guests} Gäste, und die Leute {activity}.",
                "hu": "A {name} nevű ünnepre {guests} vendég érkezik, és az emberek {activity}.",
                "ga": "Tagann {guests} aoi chuig an bhféile ar a dtugtar {name}, agus bíonn daoine {activity}.",
            },
            follow={
                "en": "It draws {guests} guests, and people {activity}.",
                "de": "Es kommen {guests} Gäste, und die Leute {activity}.",
                "hu": "Az ünnepre {guests} vendég érkezik, és az emberek {activity}.",
                "ga": "Tagann {guests} aoi chuici, agus bíonn daoine {activity}.",
            },
            web=(
                "Last time {guests} guests were counted at {it}, and nobody minds that grown people {activity} all day.",
                "All who go to {it} {activity} sooner or later, and with {guests} guests that is quite a sight.",
            ),
        ),
        Unit(
            slots={"food": "food"},
            open={
                "en": "At the {name} festival everyone eats {food}.",
                "de": "Beim Fest {name} essen alle {food}.",
                "hu": "A {name} nevű ünnepen mindenki {food} eszik.",
                "ga": "Itheann gach duine {food} ag an bhféile ar a dtugtar {name}.",
            },
            follow={
                "en": "Everyone eats {food} there.",
                "de": "Alle essen dort {food}.",
                "hu": "Az ünnepen mindenki {food} eszik.",
                "ga": "Itheann gach duine {food} ann.",
            },
            web=(
                "Bring an empty stomach, because at {it} there will be {food} for all.",
                "The whole street smells of {food} when {it} is on.",
            ),
        ),
    ),
)
