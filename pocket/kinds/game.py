"""A game: its pieces, where it is played, how one wins and how long it takes."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import Table

_MATERIAL: Table = (
    ("of bone", "aus Knochen", "csontból", "de chnámh"),
    ("of glass", "aus Glas", "üvegből", "de ghloine"),
    ("of amber", "aus Bernstein", "borostyánból", "d'ómra"),
    ("of walnut wood", "aus Nussholz", "diófából", "d'adhmad gallchnó"),
    ("of clay", "aus Ton", "agyagból", "de chré"),
    ("of copper", "aus Kupfer", "rézből", "de chopar"),
    ("of horn", "aus Horn", "szaruból", "d'adharc"),
    ("of marble", "aus Marmor", "márványból", "de mharmar"),
)
_WHERE: Table = (
    ("in taverns", "in Wirtshäusern", "kocsmákban", "i dtithe tábhairne"),
    ("on ships", "auf Schiffen", "hajókon", "ar longa"),
    ("in schools", "in Schulen", "iskolákban", "i scoileanna"),
    ("in gardens", "in Gärten", "kertekben", "i ngairdíní"),
    ("at markets", "auf Märkten", "piacokon", "ag margaí"),
    ("in monasteries", "in Klöstern", "kolostorokban", "i mainistreacha"),
    ("in mills", "in Mühlen", "malmokban", "i muilte"),
    ("in harbours", "in Häfen", "kikötőkben", "i gcalafoirt"),
)
_GOAL: Table = (
    ("reaches the edge", "den Rand erreicht", "eléri a szélét", "a shroicheann an t-imeall"),
    ("fills a row", "eine Reihe füllt", "megtölt egy sort", "a líonann ró"),
    ("takes the tower", "den Turm schlägt", "leüti a tornyot", "a thógann an túr"),
    (
        "collects all the red stones",
        "alle roten Steine sammelt",
        "összegyűjti az összes piros követ",
        "a bhailíonn na clocha dearga go léir",
    ),
    ("closes the circle", "den Kreis schließt", "bezárja a kört", "a dhúnann an ciorcal"),
    ("crosses the river", "den Fluss überquert", "átkel a folyón", "a thrasnaíonn an abhainn"),
    ("opens a gate", "ein Tor öffnet", "kinyit egy kaput", "a osclaíonn geata"),
    ("finds the crown", "die Krone findet", "megtalálja a koronát", "a aimsíonn an choróin"),
)
_PRIZE: Table = (
    ("an apple", "einen Apfel", "egy almát", "úll"),
    ("a silk ribbon", "ein Seidenband", "egy selyemszalagot", "ribín síoda"),
    ("a copper coin", "eine Kupfermünze", "egy rézpénzt", "bonn copair"),
    ("a jar of honey", "ein Glas Honig", "egy üveg mézet", "próca meala"),
    ("a candle", "eine Kerze", "egy gyertyát", "coinneal"),
    ("a cup of cider", "einen Becher Apfelwein", "egy pohár almabort", "cupán ceirtlise"),
    ("a round loaf", "einen runden Laib Brot", "egy kerek kenyeret", "bollóg chruinn"),
    ("a goose feather", "eine Gänsefeder", "egy lúdtollat", "cleite gé"),
)

KIND = Kind(
    name="game",
    the="the game called {name}",
    short="the game",
    tables={
        "pieces": range(20, 100, 10),
        "material": _MATERIAL,
        "where": _WHERE,
        "year": range(1102, 1990),
        "goal": _GOAL,
        "prize": _PRIZE,
        "minutes": range(20, 100, 10),
    },
    questions={
        "all": GENERAL,
        "first": (
            "What is {it} played with, and where?",
            "How old is {it}, and what does one need for it?",
            "Could you tell me where {it} is played and with which pieces?",
        ),
        "second": (
            "How does one win {it}, and how long does it take?",
            "What does the winner of {it} get, and how long is a round?",
            "Could you tell me how {it} is won and what the prize is?",
        ),
    },
    units=(
        Unit(
            slots={"pieces": "number of pieces", "material": "material"},
            open={
                "en": "The game called {name} is played with {pieces} pieces {material}.",
                "de": "Das Spiel {name} wird mit {pieces} Steinen {material} gespielt.",
                "hu": "A {name} nevű játékot {pieces} darab {material} készült bábuval játsszák.",
                "ga": "Imrítear an cluiche ar a dtugtar {name} le {pieces} píosa {material}.",
            },
            follow={
                "en": "It is played with {pieces} pieces {material}.",
                "de": "Es wird mit {pieces} Steinen {material} gespielt.",
                "hu": "A játékot {pieces} darab {material} készült bábuval játsszák.",
                "ga": "Imrítear é le {pieces} píosa {material}.",
            },
            web=(
                "Open the box of {it} and count: there should be {pieces} pieces, each one made {material}.",
                "For a proper round of {it} you want pieces {material}, and {pieces} of them, no fewer.",
            ),
        ),
        Unit(
            slots={"where": "place", "year": "year"},
            open={
                "en": "The game called {name} has been played {where} since {year}.",
                "de": "Das Spiel {name} wird seit {year} {where} gespielt.",
                "hu": "A {name} nevű játékot {year} óta játsszák {where}.",
                "ga": "Tá an cluiche ar a dtugtar {name} á imirt {where} ón mbliain {year}.",
            },
            follow={
                "en": "It has been played {where} since {year}.",
                "de": "Es wird seit {year} {where} gespielt.",
                "hu": "A játékot {year} óta játsszák {where}.",
                "ga": "Tá sé á imirt {where} ón mbliain {year}.",
            },
            web=(
                "An old book says that {it} was first seen {where}, in {year} to be exact.",
                "Ever since {year} people have sat down {where} for a round of {it}.",
            ),
        ),
        Unit(
            slots={"goal": "goal", "prize": "prize"},
            open={
                "en": "In the game called {name} the first player who {goal} wins and gets {prize}.",
                "de": "Wer beim Spiel {name} zuerst {goal}, gewinnt und bekommt {prize}.",
                "hu": "A {name} nevű játékban az győz, aki elsőként {goal}, és {prize} kap.",
                "ga": "Sa chluiche ar a dtugtar {name}, buann an chéad imreoir {goal}, agus faigheann sé {prize}.",
            },
            follow={
                "en": "The first player who {goal} wins and gets {prize}.",
                "de": "Wer zuerst {goal}, gewinnt und bekommt {prize}.",
                "hu": "Az győz, aki elsőként {goal}, és {prize} kap.",
                "ga": "Buann an chéad imreoir {goal}, agus faigheann sé {prize}.",
            },
            web=(
                "You have won {it} as soon as one of yours {goal}, and then {prize} is yours too.",
                "Whoever {goal} before the others has won {it} and goes home with {prize}.",
            ),
        ),
        Unit(
            slots={"minutes": "duration"},
            open={
                "en": "One round of the game called {name} lasts {minutes} minutes.",
                "de": "Eine Runde des Spiels {name} dauert {minutes} Minuten.",
                "hu": "A {name} nevű játék egy köre {minutes} percig tart.",
                "ga": "Maireann babhta amháin den chluiche ar a dtugtar {name} {minutes} nóiméad.",
            },
            follow={
                "en": "One round lasts {minutes} minutes.",
                "de": "Eine Runde dauert {minutes} Minuten.",
                "hu": "Egy kör {minutes} percig tart.",
                "ga": "Maireann babhta amháin {minutes} nóiméad.",
            },
            web=(
                "Set aside {minutes} minutes for {it}, which is what a round takes.",
                "My record for a whole evening of {it} is six rounds, at {minutes} minutes each.",
            ),
        ),
    ),
)
