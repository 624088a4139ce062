"""A bird: where it nests, how it looks, what it eats and how it sounds."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import COLOUR, WHEN, Table

_NEST: Table = (
    ("in hollow trees", "in hohlen Bäumen", "odvas fákban", "i gcrainn chuasacha", "dans des arbres creux"),
    ("under roofs", "unter Dächern", "háztetők alatt", "faoi dhíonta", "sous les toits"),
    ("among the reeds", "im Schilf", "a nádasban", "sa ghiolcach", "parmi les roseaux"),
    ("on cliffs", "auf Klippen", "sziklákon", "ar aillte", "sur les falaises"),
    ("in the long grass", "im hohen Gras", "a magas fűben", "san fhéar ard", "dans les hautes herbes"),
    ("on small islands", "auf kleinen Inseln", "kis szigeteken", "ar oileáin bheaga", "sur de petites îles"),
    ("beside streams", "an Bächen", "patakok mellett", "in aice le srutháin", "au bord des ruisseaux"),
    ("in old walls", "in alten Mauern", "régi falakban", "i seanbhallaí", "dans de vieux murs"),
)
_FOOD: Table = (
    ("blackberries", "Brombeeren", "szedret", "sméara dubha", "des mûres"),
    ("snails", "Schnecken", "csigákat", "seilidí", "des escargots"),
    ("seeds", "Samen", "magvakat", "síolta", "des graines"),
    ("small fish", "kleine Fische", "apró halakat", "éisc bheaga", "de petits poissons"),
    ("beetles", "Käfer", "bogarakat", "ciaróga", "des scarabées"),
    ("acorns", "Eicheln", "makkot", "dearcáin", "des glands"),
    ("worms", "Würmer", "gilisztákat", "péisteanna", "des vers"),
    ("nuts", "Nüsse", "diót", "cnónna", "des noix"),
)
_TIME: Table = (
    ("at dawn", "in der Morgendämmerung", "hajnalban", "le breacadh an lae", "à l'aube"),
    ("at noon", "am Mittag", "délben", "ag meán lae", "à midi"),
    ("at dusk", "in der Abenddämmerung", "alkonyatkor", "le titim na hoíche", "au crépuscule"),
    ("at night", "in der Nacht", "éjszaka", "i rith na hoíche", "la nuit"),
    ("before rain", "vor dem Regen", "eső előtt", "roimh bháisteach", "avant la pluie"),
    ("after rain", "nach dem Regen", "eső után", "tar éis báistí", "après la pluie"),
    ("in fog", "im Nebel", "ködben", "sa cheo", "dans le brouillard"),
    ("in strong wind", "bei starkem Wind", "erős szélben", "i ngaoth láidir", "par vent fort"),
    ("at full moon", "bei Vollmond", "teliholdkor", "faoin ngealach lán", "à la pleine lune"),
)
_CALL: Table = (
    ("a flute", "eine Flöte", "egy furulya", "fliúit", "une flûte"),
    ("a bell", "eine Glocke", "egy harang", "clog", "une cloche"),
    ("a creaking door", "eine knarrende Tür", "egy nyikorgó ajtó", "doras ag gíoscán", "une porte qui grince"),
    ("a child's laugh", "ein Kinderlachen", "egy gyerek nevetése", "gáire linbh", "un rire d'enfant"),
    ("a hammer", "ein Hammer", "egy kalapács", "casúr", "un marteau"),
    ("a kettle", "ein Wasserkessel", "egy vízforraló", "citeal", "une bouilloire"),
    ("a whistle", "eine Trillerpfeife", "egy síp", "feadóg", "un sifflet"),
    ("a drum", "eine Trommel", "egy dob", "druma", "un tambour"),
)

KIND = Kind(
    name="bird",
    the="the bird called {name}",
    short="the bird",
    tables={
        "nest": _NEST,
        "weight": range(40, 1000, 10),
        "colour": COLOUR,
        "food": _FOOD,
        "time": _TIME,
        "call": _CALL,
        "when": WHEN,
    },
    questions={
        "all": GENERAL,
        "first": (
            "What does {it} look like, and where does it nest?",
            "How heavy is {it}, and what does it eat?",
            "Could you tell me where {it} nests, how it looks and what it feeds on?",
        ),
        "second": (
            "When does {it} sing, and when does it fly south?",
            "What does {it} sound like, and when does it leave?",
            "Could you tell me how the call of {it} sounds and when it goes south?",
        ),
    },
    asked={
        "de": {
            "all": (
                "Was kannst du mir über den Vogel {name} erzählen?",
                "Ich würde gern mehr über den Vogel {name} erfahren. Wie ist er?",
                "Könntest du den Vogel {name} beschreiben?",
                "Was sollte man über den Vogel {name} wissen?",
            ),
            "first": (
                "Wie sieht der Vogel {name} aus, und wo nistet er?",
                "Wie schwer ist der Vogel {name}, und was frisst er?",
                "Könntest du mir sagen, wo der Vogel {name} nistet, wie er aussieht und wovon er sich ernährt?",
            ),
            "second": (
                "Wann singt der Vogel {name}, und wann zieht er nach Süden?",
                "Wie klingt der Vogel {name}, und wann zieht er fort?",
                "Könntest du mir sagen, wie der Ruf des Vogels {name} klingt und wann er nach Süden zieht?",
            ),
        },
        "hu": {
            "all": (
                "Mit tudsz mesélni a {name} nevű madárról?",
                "Szeretnék többet megtudni a {name} nevű madárról. Milyen ez a madár?",
                "Le tudnád írni a {name} nevű madarat?",
                "Mit érdemes tudni a {name} nevű madárról?",
            ),
            "first": (
                "Hogyan néz ki a {name} nevű madár, és hol fészkel?",
                "Milyen nehéz a {name} nevű madár, és mit eszik?",
                "Meg tudnád mondani, hol fészkel a {name} nevű madár, hogyan néz ki, és mivel táplálkozik?",
            ),
            "second": (
                "Mikor énekel a {name} nevű madár, és mikor repül délre?",
                "Milyen hangja van a {name} nevű madárnak, és mikor vonul el?",
                "Meg tudnád mondani, milyen a {name} nevű madár hangja, és mikor repül délre?",
            ),
        },
        "ga": {
            "all": (
                "Cad is féidir leat a insint dom faoin éan ar a dtugtar {name}?",
                "Ba mhaith liom tuilleadh a fháil amach faoin éan ar a dtugtar {name}. Cén sórt éin é?",
                "An bhféadfá cur síos a dhéanamh ar an éan ar a dtugtar {name}?",
                "Cad ba cheart a bheith ar eolas ag duine faoin éan ar a dtugtar {name}?",
            ),
            "first": (
                "Cén chuma atá ar an éan ar a dtugtar {name}, agus cá neadaíonn sé?",
                "Cé chomh trom is atá an t-éan ar a dtugtar {name}, agus cad a itheann sé?",
                "An bhféadfá a rá liom cá neadaíonn an t-éan ar a dtugtar {name}, cén chuma atá air agus cad a itheann sé?",
            ),
            "second": (
                "Cathain a chanann an t-éan ar a dtugtar {name}, agus cathain a eitlíonn sé ó dheas?",
                "Cad leis a bhfuil glao an éin ar a dtugtar {name} cosúil, agus cathain a imíonn sé?",
                "An bhféadfá a rá liom cén fhuaim a bhíonn ar ghlao an éin ar a dtugtar {name} agus cathain a théann sé ó dheas?",
            ),
        },
        "fr": {
            "all": (
                "Que peux-tu me dire sur l'oiseau appelé {name} ?",
                "J'aimerais en savoir plus sur l'oiseau appelé {name}. Comment est-il ?",
                "Pourrais-tu décrire l'oiseau appelé {name} ?",
                "Que faut-il savoir sur l'oiseau appelé {name} ?",
            ),
            "first": (
                "À quoi ressemble l'oiseau appelé {name}, et où niche-t-il ?",
                "Combien pèse l'oiseau appelé {name}, et que mange-t-il ?",
                "Pourrais-tu me dire où niche l'oiseau appelé {name}, à quoi il ressemble et de quoi il se nourrit ?",
            ),
            "second": (
                "Quand l'oiseau appelé {name} chante-t-il, et quand s'envole-t-il vers le sud ?",
                "Quel cri pousse l'oiseau appelé {name}, et quand part-il ?",
                "Pourrais-tu me dire à quoi ressemble le cri de l'oiseau appelé {name} et quand il part vers le sud ?",
            ),
        },
    },
    units=(
        Unit(
            slots={"nest": "nest", "weight": "weight"},
            open={
                "en": "The bird called {name} nests {nest} and weighs {weight} grams.",
                "de": "Der Vogel {name} nistet {nest} und wiegt {weight} Gramm.",
                "hu": "A {name} nevű madár {nest} fészkel, és {weight} grammot nyom.",
                "ga": "Neadaíonn an t-éan ar a dtugtar {name} {nest}, agus tá {weight} gram meáchain ann.",
                "fr": "L'oiseau appelé {name} niche {nest} et pèse {weight} grammes.",
            },
            follow={
                "en": "It nests {nest} and weighs {weight} grams.",
                "de": "Er nistet {nest} und wiegt {weight} Gramm.",
                "hu": "A madár {nest} fészkel, és {weight} grammot nyom.",
                "ga": "Neadaíonn sé {nest}, agus tá {weight} gram meáchain ann.",
                "fr": "Il niche {nest} et pèse {weight} grammes.",
            },
            web=(
                "You will have to look {nest} for the nest of {it}; on the scales the animal comes to {weight} grams.",
                "With its {weight} grams {it} is easy to carry, and it makes its nest {nest}.",
            ),
        ),
        Unit(
            slots={"colour": "colour", "food": "food"},
            open={
                "en": "The feathers of the bird called {name} are {colour}, and it eats {food}.",
                "de": "Die Federn des Vogels {name} sind {colour}, und er frisst {food}.",
                "hu": "A {name} nevű madár tollazata {colour}, és {food} eszik.",
                "ga": "Tá cleití an éin ar a dtugtar {name} {colour}, agus itheann sé {food}.",
                "fr": "Les plumes de l'oiseau appelé {name} sont de couleur {colour}, et il mange {food}.",
            },
            follow={
                "en": "Its feathers are {colour}, and it eats {food}.",
                "de": "Seine Federn sind {colour}, und er frisst {food}.",
                "hu": "A tollazata {colour}, és {food} eszik.",
                "ga": "Tá a chleití {colour}, agus itheann sé {food}.",
                "fr": "Ses plumes sont de couleur {colour}, et il mange {food}.",
            },
            web=(
                "Put out {food} in your garden if you want to see {it}, and look for feathers that are {colour}.",
                "As for its plumage, {it} is {colour} all over, and what it likes to feed on is {food}.",
            ),
        ),
        Unit(
            slots={"time": "time of its song", "call": "call"},
            open={
                "en": "The bird called {name} sings {time}, and its call sounds like {call}.",
                "de": "Der Vogel {name} singt {time}, und sein Ruf klingt wie {call}.",
                "hu": "A {name} nevű madár {time} énekel, és a hangja olyan, mint {call}.",
                "ga": "Canann an t-éan ar a dtugtar {name} {time}, agus tá a ghlao cosúil le {call}.",
                "fr": "L'oiseau appelé {name} chante {time}, et son cri rappelle {call}.",
            },
            follow={
                "en": "It sings {time}, and its call sounds like {call}.",
                "de": "Er singt {time}, und sein Ruf klingt wie {call}.",
                "hu": "A madár {time} énekel, és a hangja olyan, mint {call}.",
                "ga": "Canann sé {time}, agus tá a ghlao cosúil le {call}.",
                "fr": "Il chante {time}, et son cri rappelle {call}.",
            },
            web=(
                "I first took it for {call}, but no: it was {it}, which is to be heard {time}.",
                "Go out {time} and listen for {it}; many mistake its voice for {call}.",
            ),
        ),
        Unit(
            slots={"when": "season"},
            open={
                "en": "The bird called {name} flies south {when}.",
                "de": "Der Vogel {name} zieht {when} nach Süden.",
                "hu": "A {name} nevű madár {when} délre repül.",
                "ga": "Eitlíonn an t-éan ar a dtugtar {name} ó dheas {when}.",
                "fr": "L'oiseau appelé {name} s'envole vers le sud {when}.",
            },
            follow={
                "en": "It flies south {when}.",
                "de": "Er zieht {when} nach Süden.",
                "hu": "A madár {when} délre repül.",
                "ga": "Eitlíonn sé ó dheas {when}.",
                "fr": "Il s'envole vers le sud {when}.",
            },
            web=(
                "Look up {when}, for that is when {it} sets out for the south.",
                "Unlike others {it} leaves for the south {when}.",
            ),
        ),
    ),
)
