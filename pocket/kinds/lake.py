"""A lake: where it lies, what lives in it, its boats and what people do there."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import COLOUR, LOCATION, WHEN, Table

_ANIMALS: Table = (
    ("trout", "Forellen", "pisztrángok", "bric"),
    ("pike", "Hechte", "csukák", "liúis"),
    ("carp", "Karpfen", "pontyok", "carbáin"),
    ("eels", "Aale", "angolnák", "eascanna"),
    ("perch", "Barsche", "sügérek", "péirsí"),
    ("salmon", "Lachse", "lazacok", "bradáin"),
    ("frogs", "Frösche", "békák", "froganna"),
    ("ducks", "Enten", "kacsák", "lachain"),
    ("swans", "Schwäne", "hattyúk", "ealaí"),
    ("geese", "Gänse", "libák", "géanna"),
)
_USE: Table = (
    ("to swim", "zum Schwimmen", "úszni", "ag snámh"),
    ("to sail", "zum Segeln", "vitorlázni", "ag seoltóireacht"),
    ("to fish", "zum Angeln", "horgászni", "ag iascaireacht"),
    ("to skate", "zum Eislaufen", "korcsolyázni", "ag scátáil"),
    ("to row", "zum Rudern", "evezni", "ag rámhaíocht"),
    ("to paint", "zum Malen", "festeni", "ag péinteáil"),
    ("to cut reeds", "zum Schilfschneiden", "nádat vágni", "ag baint giolcaí"),
    ("to watch birds", "zur Vogelbeobachtung", "madarakat figyelni", "ag breathnú ar éin"),
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
    units=(
        Unit(
            slots={"location": "location", "depth": "depth"},
            open={
                "en": "Lake {name} lies {location} and is {depth} metres deep.",
                "de": "Der See {name} liegt {location} und ist {depth} Meter tief.",
                "hu": "A {name} nevű tó {location} fekszik, és {depth} méter mély.",
                "ga": "Tá Loch {name} suite {location}, agus tá sé {depth} méadar ar doimhneacht.",
            },
            follow={
                "en": "It lies {location} and is {depth} metres deep.",
                "de": "Er liegt {location} und ist {depth} Meter tief.",
                "hu": "A tó {location} fekszik, és {depth} méter mély.",
                "ga": "Tá sé suite {location}, agus tá sé {depth} méadar ar doimhneacht.",
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
            },
            follow={
                "en": "Its water is {colour}, and {animals} live there.",
                "de": "Sein Wasser ist {colour}, und dort leben {animals}.",
                "hu": "A vize {colour}, és {animals} élnek ott.",
                "ga": "Tá a uisce {colour}, agus maireann {animals} ann.",
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
            },
            follow={
                "en": "Its water is highest {when}, and {boats} boats sail on it.",
                "de": "Sein Wasser steht {when} am höchsten, und {boats} Boote fahren darauf.",
                "hu": "A vízállása {when} a legmagasabb, és {boats} csónak jár rajta.",
                "ga": "Is {when} a bhíonn an t-uisce is airde ann, agus bíonn {boats} bád ag seoladh air.",
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
            },
            follow={
                "en": "People come there {use}.",
                "de": "Die Leute kommen {use} dorthin.",
                "hu": "Az emberek {use} járnak oda.",
                "ga": "Téann daoine ann {use}.",
            },
            web=(
                "Families drive to {it} {use}, and so do people from far away.",
                "Most of those you meet at {it} have come {use}.",
            ),
        ),
    ),
)
