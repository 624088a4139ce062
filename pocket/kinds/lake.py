"""A lake: where it lies, what lives in it, its boats and what people do there."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import COLOUR, LOCATION, WHEN, Table

_ANIMALS: Table = (
    ("trout", "Forellen", "pisztrángok", "bric", "des truites"),
    ("pike", "Hechte", "csukák", "liúis", "des brochets"),
    ("carp", "Karpfen", "pontyok", "carbáin", "des carpes"),
    ("eels", "Aale", "angolnák", "eascanna", "des anguilles"),
    ("perch", "Barsche", "sügérek", "péirsí", "des perches"),
    ("salmon", "Lachse", "lazacok", "bradáin", "des saumons"),
    ("frogs", "Frösche", "békák", "froganna", "des grenouilles"),
    ("ducks", "Enten", "kacsák", "lachain", "des canards"),
    ("swans", "Schwäne", "hattyúk", "ealaí", "des cygnes"),
    ("geese", "Gänse", "libák", "géanna", "des oies"),
)
_USE: Table = (
    ("to swim", "zum Schwimmen", "úszni", "ag snámh", "pour nager"),
    ("to sail", "zum Segeln", "vitorlázni", "ag seoltóireacht", "pour faire de la voile"),
    ("to fish", "zum Angeln", "horgászni", "ag iascaireacht", "pour pêcher"),
    ("to skate", "zum Eislaufen", "korcsolyázni", "ag scátáil", "pour patiner"),
    ("to row", "zum Rudern", "evezni", "ag rámhaíocht", "pour ramer"),
    ("to paint", "zum Malen", "festeni", "ag péinteáil", "pour peindre"),
    ("to cut reeds", "zum Schilfschneiden", "nádat vágni", "ag baint giolcaí", "pour couper des roseaux"),
    ("to watch birds", "zur Vogelbeobachtung", "madarakat figyelni", "ag breathnú ar éin", "pour observer les oiseaux"),
)

KIND = Kind(
    name="lake",
    the="Lake {name}",
    short="the lake",
    tables={
        "location": LOCATION,
        "depth": range(20, 300, 10),
        "colour": COLOUR,
        "animals": _ANIMALS,
        "when": WHEN,
        "boats": range(20, 200, 10),
        "use": _USE,
    },
    questions={
        "all": GENERAL,
        "first": (
            "How deep is {it}, and what lives there?",
            "Where is {it}, and what is its water like?",
            "Could you tell me where {it} lies, how deep it is and which animals it has?",
        ),
        "second": (
            "What do people do at {it}, and when is the water high?",
            "How many boats are there on {it}, and why do people go there?",
            "When is the water of {it} highest, and what brings people there?",
        ),
    },
    asked={
        "de": {
            "all": (
                "Was kannst du mir über den See {name} erzählen?",
                "Ich würde gern mehr über den See {name} erfahren. Wie ist er?",
                "Könntest du den See {name} beschreiben?",
                "Was sollte man über den See {name} wissen?",
            ),
            "first": (
                "Wie tief ist der See {name}, und was lebt dort?",
                "Wo liegt der See {name}, und wie ist sein Wasser?",
                "Könntest du mir sagen, wo der See {name} liegt, wie tief er ist und welche Tiere es dort gibt?",
            ),
            "second": (
                "Was machen die Leute am See {name}, und wann steht das Wasser hoch?",
                "Wie viele Boote gibt es auf dem See {name}, und warum kommen die Leute dorthin?",
                "Wann steht das Wasser des Sees {name} am höchsten, und was führt die Leute dorthin?",
            ),
        },
        "hu": {
            "all": (
                "Mit tudsz mesélni a {name} nevű tóról?",
                "Szeretnék többet megtudni a {name} nevű tóról. Milyen ez a tó?",
                "Le tudnád írni a {name} nevű tavat?",
                "Mit érdemes tudni a {name} nevű tóról?",
            ),
            "first": (
                "Milyen mély a {name} nevű tó, és mi él ott?",
                "Hol van a {name} nevű tó, és milyen a vize?",
                "Meg tudnád mondani, hol fekszik a {name} nevű tó, milyen mély, és milyen állatok élnek ott?",
            ),
            "second": (
                "Mit csinálnak az emberek a {name} nevű tónál, és mikor magas a víz?",
                "Hány csónak van a {name} nevű tavon, és miért járnak oda az emberek?",
                "Mikor a legmagasabb a {name} nevű tó vízállása, és mi vonzza oda az embereket?",
            ),
        },
        "ga": {
            "all": (
                "Cad is féidir leat a insint dom faoi Loch {name}?",
                "Ba mhaith liom tuilleadh a fháil amach faoi Loch {name}. Cén sórt locha é?",
                "An bhféadfá cur síos a dhéanamh ar Loch {name}?",
                "Cad ba cheart a bheith ar eolas ag duine faoi Loch {name}?",
            ),
            "first": (
                "Cé chomh domhain is atá Loch {name}, agus cad a mhaireann ann?",
                "Cá bhfuil Loch {name}, agus cén chuma atá ar an uisce ann?",
                "An bhféadfá a rá liom cá bhfuil Loch {name} suite, cé chomh domhain is atá sé agus cé na hainmhithe atá ann?",
            ),
            "second": (
                "Cad a dhéanann daoine ag Loch {name}, agus cathain a bhíonn an t-uisce ard?",
                "Cé mhéad bád atá ar Loch {name}, agus cén fáth a dtéann daoine ann?",
                "Cathain is airde a bhíonn an t-uisce i Loch {name}, agus cad a mheallann daoine ann?",
            ),
        },
        "fr": {
            "all": (
                "Que peux-tu me dire sur le lac {name} ?",
                "J'aimerais en savoir plus sur le lac {name}. Comment est-il ?",
                "Pourrais-tu décrire le lac {name} ?",
                "Que faut-il savoir sur le lac {name} ?",
            ),
            "first": (
                "Quelle est la profondeur du lac {name}, et qu'est-ce qui y vit ?",
                "Où se trouve le lac {name}, et comment est son eau ?",
                "Pourrais-tu me dire où se trouve le lac {name}, quelle est sa profondeur et quels animaux y vivent ?",
            ),
            "second": (
                "Que font les gens au lac {name}, et quand l'eau est-elle haute ?",
                "Combien de bateaux y a-t-il sur le lac {name}, et pourquoi les gens y vont-ils ?",
                "Quand l'eau du lac {name} est-elle au plus haut, et qu'est-ce qui y attire les gens ?",
            ),
        },
    },
    units=(
        Unit(
            slots={"location": "location", "depth": "depth"},
            open={
                "en": "Lake {name} lies {location} and is {depth} metres deep.",
                "de": "Der See {name} liegt {location} und ist {depth} Meter tief.",
                "hu": "A {name} nevű tó {location} fekszik, és {depth} méter mély.",
                "ga": "Tá Loch {name} suite {location}, agus tá sé {depth} méadar ar doimhneacht.",
                "fr": "Le lac {name} se trouve {location} et a une profondeur de {depth} mètres.",
            },
            follow={
                "en": "It lies {location} and is {depth} metres deep.",
                "de": "Er liegt {location} und ist {depth} Meter tief.",
                "hu": "A tó {location} fekszik, és {depth} méter mély.",
                "ga": "Tá sé suite {location}, agus tá sé {depth} méadar ar doimhneacht.",
                "fr": "Il se trouve {location} et a une profondeur de {depth} mètres.",
            },
            web=(
                "You will find {it} {location}, and the rope must be long: it goes down {depth} metres.",
                "Divers measured {it} last year and came to {depth} metres; it can be found {location}.",
            ),
        ),
        Unit(
            slots={"colour": "colour", "animals": "animals"},
            open={
                "en": "The water of Lake {name} is {colour}, and {animals} live there.",
                "de": "Das Wasser des Sees {name} ist {colour}, und dort leben {animals}.",
                "hu": "A {name} nevű tó vize {colour}, és {animals} élnek ott.",
                "ga": "Tá an t-uisce i Loch {name} {colour}, agus maireann {animals} ann.",
                "fr": "L'eau du lac {name} est {colour}, et {animals} y vivent.",
            },
            follow={
                "en": "Its water is {colour}, and {animals} live there.",
                "de": "Sein Wasser ist {colour}, und dort leben {animals}.",
                "hu": "A vize {colour}, és {animals} élnek ott.",
                "ga": "Tá a uisce {colour}, agus maireann {animals} ann.",
                "fr": "Son eau est {colour}, et {animals} y vivent.",
            },
            web=(
                "The water of {it} looks {colour} in every weather, and it is full of {animals}.",
                "Children come to {it} to look for {animals} in the water, which is {colour}.",
            ),
        ),
        Unit(
            slots={"when": "season", "boats": "number of boats"},
            open={
                "en": "The water of Lake {name} is highest {when}, and {boats} boats sail on it.",
                "de": "Das Wasser des Sees {name} steht {when} am höchsten, und {boats} Boote fahren darauf.",
                "hu": "A {name} nevű tó vízállása {when} a legmagasabb, és {boats} csónak jár rajta.",
                "ga": "Is {when} a bhíonn an t-uisce is airde i Loch {name}, agus bíonn {boats} bád ag seoladh air.",
                "fr": "L'eau du lac {name} est au plus haut {when}, et {boats} bateaux y naviguent.",
            },
            follow={
                "en": "Its water is highest {when}, and {boats} boats sail on it.",
                "de": "Sein Wasser steht {when} am höchsten, und {boats} Boote fahren darauf.",
                "hu": "A vízállása {when} a legmagasabb, és {boats} csónak jár rajta.",
                "ga": "Is {when} a bhíonn an t-uisce is airde ann, agus bíonn {boats} bád ag seoladh air.",
                "fr": "Son eau est au plus haut {when}, et {boats} bateaux y naviguent.",
            },
            web=(
                "If you want to see {it} at its fullest, come {when}; then all of the {boats} boats are out.",
                "Altogether {boats} boats belong to {it}, whose water rises to its highest mark {when}.",
            ),
        ),
        Unit(
            slots={"use": "use"},
            open={
                "en": "People come to Lake {name} {use}.",
                "de": "Die Leute kommen {use} an den See {name}.",
                "hu": "Az emberek {use} járnak a {name} nevű tóhoz.",
                "ga": "Téann daoine go Loch {name} {use}.",
                "fr": "Les gens viennent au lac {name} {use}.",
            },
            follow={
                "en": "People come there {use}.",
                "de": "Die Leute kommen {use} dorthin.",
                "hu": "Az emberek {use} járnak oda.",
                "ga": "Téann daoine ann {use}.",
                "fr": "Les gens y viennent {use}.",
            },
            web=(
                "Families drive to {it} {use}, and so do people from far away.",
                "Most of those you meet at {it} have come {use}.",
            ),
        ),
    ),
)
