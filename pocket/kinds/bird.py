"""A bird: where it nests, how it looks, what it eats and how it sounds."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import COLOUR, WHEN, Table

_NEST: Table = (
    ("in hollow trees", "in hohlen Bäumen", "odvas fákban", "i gcrainn chuasacha"),
    ("under roofs", "unter Dächern", "háztetők alatt", "faoi dhíonta"),
    ("among the reeds", "im Schilf", "a nádasban", "sa ghiolcach"),
    ("on cliffs", "auf Klippen", "sziklákon", "ar aillte"),
    ("in the long grass", "im hohen Gras", "a magas fűben", "san fhéar ard"),
    ("on small islands", "auf kleinen Inseln", "kis szigeteken", "ar oileáin bheaga"),
    ("beside streams", "an Bächen", "patakok mellett", "in aice le srutháin"),
    ("in old walls", "in alten Mauern", "régi falakban", "i seanbhallaí"),
)
_FOOD: Table = (
    ("blackberries", "Brombeeren", "szedret", "sméara dubha"),
    ("snails", "Schnecken", "csigákat", "seilidí"),
    ("seeds", "Samen", "magvakat", "síolta"),
    ("small fish", "kleine Fische", "apró halakat", "éisc bheaga"),
    ("beetles", "Käfer", "bogarakat", "ciaróga"),
    ("acorns", "Eicheln", "makkot", "dearcáin"),
    ("worms", "Würmer", "gilisztákat", "péisteanna"),
    ("nuts", "Nüsse", "diót", "cnónna"),
)
_TIME: Table = (
    ("at dawn", "in der Morgendämmerung", "hajnalban", "le breacadh an lae"),
    ("at noon", "am Mittag", "délben", "ag meán lae"),
    ("at dusk", "in der Abenddämmerung", "alkonyatkor", "le titim na hoíche"),
    ("at night", "in der Nacht", "éjszaka", "i rith na hoíche"),
    ("before rain", "vor dem Regen", "eső előtt", "roimh bháisteach"),
    ("after rain", "nach dem Regen", "eső után", "tar éis báistí"),
    ("in fog", "im Nebel", "ködben", "sa cheo"),
    ("in strong wind", "bei starkem Wind", "erős szélben", "i ngaoth láidir"),
    ("at full moon", "bei Vollmond", "teliholdkor", "faoin ngealach lán"),
)
_CALL: Table = (
    ("a flute", "eine Flöte", "egy furulya", "fliúit"),
    ("a bell", "eine Glocke", "egy harang", "clog"),
    ("a creaking door", "eine knarrende Tür", "egy nyikorgó ajtó", "doras ag gíoscán"),
    ("a child's laugh", "ein Kinderlachen", "egy gyerek nevetése", "gáire linbh"),
    ("a hammer", "ein Hammer", "egy kalapács", "casúr"),
    ("a kettle", "ein Wasserkessel", "egy vízforraló", "citeal"),
    ("a whistle", "eine Trillerpfeife", "egy síp", "feadóg"),
    ("a drum", "eine Trommel", "egy dob", "druma"),
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
    units=(
        Unit(
            slots={"nest": "nest", "weight": "weight"},
            open={
                "en": "The bird called {name} nests {nest} and weighs {weight} grams.",
                "de": "Der Vogel {name} nistet {nest} und wiegt {weight} Gramm.",
                "hu": "A {name} nevű madár {nest} fészkel, és {weight} grammot nyom.",
                "ga": "Neadaíonn an t-éan ar a dtugtar {name} {nest}, agus tá {weight} gram meáchain ann.",
            },
            follow={
                "en": "It nests {nest} and weighs {weight} grams.",
                "de": "Er nistet {nest} und wiegt {weight} Gramm.",
                "hu": "A madár {nest} fészkel, és {weight} grammot nyom.",
                "ga": "Neadaíonn sé {nest}, agus tá {weight} gram meáchain ann.",
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
            },
            follow={
                "en": "Its feathers are {colour}, and it eats {food}.",
                "de": "Seine Federn sind {colour}, und er frisst {food}.",
                "hu": "A tollazata {colour}, és {food} eszik.",
                "ga": "Tá a chleití {colour}, agus itheann sé {food}.",
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
            },
            follow={
                "en": "It sings {time}, and its call sounds like {call}.",
                "de": "Er singt {time}, und sein Ruf klingt wie {call}.",
                "hu": "A madár {time} énekel, és a hangja olyan, mint {call}.",
                "ga": "Canann sé {time}, agus tá a ghlao cosúil le {call}.",
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
            },
            follow={
                "en": "It flies south {when}.",
                "de": "Er zieht {when} nach Süden.",
                "hu": "A madár {when} délre repül.",
                "ga": "Eitlíonn sé ó dheas {when}.",
            },
            web=(
                "Look up {when}, for that is when {it} sets out for the south.",
                "Unlike others {it} leaves for the south {when}.",
            ),
        ),
    ),
)
