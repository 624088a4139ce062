"""A festival: when and where it is held, in whose honour, and what people do and eat there."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import WHEN, Table

_PLACE: Table = (
    ("on the market square", "auf dem Marktplatz", "a piactéren", "ar chearnóg an mhargaidh", "sur la place du marché"),
    ("by the river", "am Fluss", "a folyónál", "cois na habhann", "au bord de la rivière"),
    ("in the forest", "im Wald", "az erdőben", "sa choill", "dans la forêt"),
    ("on the hill", "auf dem Hügel", "a dombon", "ar an gcnoc", "sur la colline"),
    ("in the castle yard", "im Burghof", "a várudvaron", "i gclós an chaisleáin", "dans la cour du château"),
    ("on the beach", "am Strand", "a tengerparton", "ar an trá", "sur la plage"),
    ("in the old harbour", "im alten Hafen", "a régi kikötőben", "sa seanchaladh", "dans le vieux port"),
    ("in the vineyards", "in den Weinbergen", "a szőlőkben", "sna fíonghoirt", "dans les vignes"),
)
_HONOUR: Table = (
    (
        "in honour of the harvest",
        "zu Ehren der Ernte",
        "az aratás tiszteletére",
        "in ómós don fhómhar",
        "en l'honneur de la récolte",
    ),
    (
        "in honour of the first snow",
        "zu Ehren des ersten Schnees",
        "az első hó tiszteletére",
        "in ómós don chéad sneachta",
        "en l'honneur de la première neige",
    ),
    (
        "in honour of the bees",
        "zu Ehren der Bienen",
        "a méhek tiszteletére",
        "in ómós do na beacha",
        "en l'honneur des abeilles",
    ),
    (
        "in honour of the bakers",
        "zu Ehren der Bäcker",
        "a pékek tiszteletére",
        "in ómós do na báicéirí",
        "en l'honneur des boulangers",
    ),
    (
        "in honour of the river",
        "zu Ehren des Flusses",
        "a folyó tiszteletére",
        "in ómós don abhainn",
        "en l'honneur de la rivière",
    ),
    (
        "in honour of an old queen",
        "zu Ehren einer alten Königin",
        "egy régi királynő tiszteletére",
        "in ómós do sheanbhanríon",
        "en l'honneur d'une vieille reine",
    ),
    (
        "in honour of the weavers",
        "zu Ehren der Weber",
        "a takácsok tiszteletére",
        "in ómós do na fíodóirí",
        "en l'honneur des tisserands",
    ),
)
_ACTIVITY: Table = (
    ("dance in a circle", "tanzen im Kreis", "körben táncolnak", "ag damhsa i gciorcal", "dansent en cercle"),
    (
        "sing old songs",
        "singen alte Lieder",
        "régi dalokat énekelnek",
        "ag canadh seanamhrán",
        "chantent de vieilles chansons",
    ),
    (
        "race on horses",
        "reiten um die Wette",
        "lóversenyt tartanak",
        "ag rásaíocht ar chapaill",
        "font la course à cheval",
    ),
    ("carry lanterns", "tragen Laternen", "lámpásokat visznek", "ag iompar laindéar", "portent des lanternes"),
    ("throw flowers", "werfen Blumen", "virágokat dobálnak", "ag caitheamh bláthanna", "lancent des fleurs"),
    ("beat drums", "schlagen Trommeln", "dobokat vernek", "ag bualadh drumaí", "battent du tambour"),
    (
        "race in boats",
        "rudern um die Wette",
        "csónakversenyt tartanak",
        "ag rásaíocht i mbáid",
        "font la course en barque",
    ),
    ("tell stories", "erzählen Geschichten", "történeteket mesélnek", "ag insint scéalta", "racontent des histoires"),
)
_FOOD: Table = (
    ("honey cakes", "Honigkuchen", "mézeskalácsot", "cácaí meala", "des gâteaux au miel"),
    ("roasted nuts", "geröstete Nüsse", "pirított diót", "cnónna rósta", "des noix grillées"),
    ("fish soup", "Fischsuppe", "hallevest", "anraith éisc", "de la soupe de poisson"),
    ("apple bread", "Apfelbrot", "almás kenyeret", "arán úll", "du pain aux pommes"),
    ("barley bread", "Gerstenbrot", "árpakenyeret", "arán eorna", "du pain d'orge"),
    ("cheese rolls", "Käsebrötchen", "sajtos zsemlét", "rollaí cáise", "des petits pains au fromage"),
    ("roast potatoes", "Bratkartoffeln", "sült burgonyát", "prátaí rósta", "des pommes de terre rôties"),
    ("mushroom pies", "Pilzpasteten", "gombás pitét", "pióga muisiriún", "des tourtes aux champignons"),
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
    asked={
        "de": {
            "all": (
                "Was kannst du mir über das Fest {name} erzählen?",
                "Ich möchte gern mehr über das Fest {name} wissen. Was ist das für ein Fest?",
                "Könntest du das Fest {name} beschreiben?",
                "Was sollte man über das Fest {name} wissen?",
            ),
            "first": (
                "Wann und wo findet das Fest {name} statt, und warum?",
                "Wo wird das Fest {name} gefeiert, und wen oder was ehrt es?",
                "Könntest du mir sagen, wann das Fest {name} stattfindet und seit wann es besteht?",
            ),
            "second": (
                "Was passiert beim Fest {name}, und was essen die Leute?",
                "Wie viele Gäste hat das Fest {name}, und was machen sie dort?",
                "Könntest du mir sagen, was die Leute beim Fest {name} machen und essen?",
            ),
        },
        "hu": {
            "all": (
                "Mit tudsz mondani nekem a {name} nevű ünnepről?",
                "Szeretnék többet megtudni a {name} nevű ünnepről. Milyen ünnep ez?",
                "Le tudnád írni, milyen a {name} nevű ünnep?",
                "Mit érdemes tudni a {name} nevű ünnepről?",
            ),
            "first": (
                "Mikor és hol tartják a {name} nevű ünnepet, és miért?",
                "Hol tartják a {name} nevű ünnepet, és kinek vagy minek a tiszteletére?",
                "Meg tudnád mondani, mikor tartják a {name} nevű ünnepet, és mióta létezik?",
            ),
            "second": (
                "Mi történik a {name} nevű ünnepen, és mit esznek az emberek?",
                "Hány vendég érkezik a {name} nevű ünnepre, és mit csinálnak ott?",
                "Meg tudnád mondani, mit csinálnak és mit esznek az emberek a {name} nevű ünnepen?",
            ),
        },
        "ga": {
            "all": (
                "Cad is féidir leat a insint dom faoin bhféile ar a dtugtar {name}?",
                "Ba mhaith liom tuilleadh a fháil amach faoin bhféile ar a dtugtar {name}. Cén sórt féile í?",
                "An bhféadfá cur síos a dhéanamh ar an bhféile ar a dtugtar {name}?",
                "Cad ba cheart a bheith ar eolas ag duine faoin bhféile ar a dtugtar {name}?",
            ),
            "first": (
                "Cathain a bhíonn an fhéile ar a dtugtar {name} ar siúl, cén áit, agus cén fáth?",
                "Cá mbíonn an fhéile ar a dtugtar {name} ar siúl, agus cé dó nó cad dó a dtugann sí ómós?",
                "An bhféadfá a rá liom cathain a bhíonn an fhéile ar a dtugtar {name} ar siúl agus cá fhad atá sí ann?",
            ),
            "second": (
                "Cad a tharlaíonn ag an bhféile ar a dtugtar {name}, agus cad a itheann daoine?",
                "Cé mhéad aoi a thagann chuig an bhféile ar a dtugtar {name}, agus cad a dhéanann siad ann?",
                "An bhféadfá a rá liom cad a dhéanann agus cad a itheann daoine ag an bhféile ar a dtugtar {name}?",
            ),
        },
        "fr": {
            "all": (
                "Que peux-tu me dire de la fête appelée {name} ?",
                "J'aimerais en savoir plus sur la fête appelée {name}. Comment est-elle ?",
                "Pourrais-tu décrire la fête appelée {name} ?",
                "Que faut-il savoir sur la fête appelée {name} ?",
            ),
            "first": (
                "Quand et où a lieu la fête appelée {name}, et pourquoi ?",
                "Où se déroule la fête appelée {name}, et en l'honneur de qui ou de quoi ?",
                "Pourrais-tu me dire quand a lieu la fête appelée {name} et depuis quand elle existe ?",
            ),
            "second": (
                "Que se passe-t-il à la fête appelée {name}, et que mangent les gens ?",
                "Combien de visiteurs la fête appelée {name} attire-t-elle, et qu'y font-ils ?",
                "Pourrais-tu me dire ce que les gens font et mangent à la fête appelée {name} ?",
            ),
        },
    },
    units=(
        Unit(
            slots={"when": "season", "place": "place"},
            open={
                "en": "The {name} festival takes place {when} {place}.",
                "de": "Das Fest {name} findet {when} {place} statt.",
                "hu": "A {name} nevű ünnepet {when} tartják {place}.",
                "ga": "Bíonn an fhéile ar a dtugtar {name} ar siúl {when} {place}.",
                "fr": "La fête appelée {name} a lieu {when} {place}.",
            },
            follow={
                "en": "It takes place {when} {place}.",
                "de": "Es findet {when} {place} statt.",
                "hu": "Az ünnepet {when} tartják {place}.",
                "ga": "Bíonn sí ar siúl {when} {place}.",
                "fr": "Elle a lieu {when} {place}.",
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
                "fr": "La fête appelée {name} est célébrée {honour} depuis {year}.",
            },
            follow={
                "en": "It has been celebrated {honour} since {year}.",
                "de": "Es wird seit {year} {honour} gefeiert.",
                "hu": "Az ünnepet {year} óta rendezik meg {honour}.",
                "ga": "Tá sí á ceiliúradh {honour} ón mbliain {year}.",
                "fr": "Elle est célébrée {honour} depuis {year}.",
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
                "fr": "La fête appelée {name} attire {guests} visiteurs, et les gens {activity}.",
            },
            follow={
                "en": "It draws {guests} guests, and people {activity}.",
                "de": "Es kommen {guests} Gäste, und die Leute {activity}.",
                "hu": "Az ünnepre {guests} vendég érkezik, és az emberek {activity}.",
                "ga": "Tagann {guests} aoi chuici, agus bíonn daoine {activity}.",
                "fr": "Elle attire {guests} visiteurs, et les gens {activity}.",
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
                "fr": "À la fête appelée {name}, tout le monde mange {food}.",
            },
            follow={
                "en": "Everyone eats {food} there.",
                "de": "Alle essen dort {food}.",
                "hu": "Az ünnepen mindenki {food} eszik.",
                "ga": "Itheann gach duine {food} ann.",
                "fr": "Tout le monde y mange {food}.",
            },
            web=(
                "Bring an empty stomach, because at {it} there will be {food} for all.",
                "The whole street smells of {food} when {it} is on.",
            ),
        ),
    ),
)
