"""A game: its pieces, where it is played, how one wins and how long it takes."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import Table

_MATERIAL: Table = (
    ("of bone", "aus Knochen", "csontból", "de chnámh", "en os"),
    ("of glass", "aus Glas", "üvegből", "de ghloine", "en verre"),
    ("of amber", "aus Bernstein", "borostyánból", "d'ómra", "en ambre"),
    ("of walnut wood", "aus Nussholz", "diófából", "d'adhmad gallchnó", "en bois de noyer"),
    ("of clay", "aus Ton", "agyagból", "de chré", "en argile"),
    ("of copper", "aus Kupfer", "rézből", "de chopar", "en cuivre"),
    ("of horn", "aus Horn", "szaruból", "d'adharc", "en corne"),
    ("of marble", "aus Marmor", "márványból", "de mharmar", "en marbre"),
)
_WHERE: Table = (
    ("in taverns", "in Wirtshäusern", "kocsmákban", "i dtithe tábhairne", "dans les tavernes"),
    ("on ships", "auf Schiffen", "hajókon", "ar longa", "sur les navires"),
    ("in schools", "in Schulen", "iskolákban", "i scoileanna", "dans les écoles"),
    ("in gardens", "in Gärten", "kertekben", "i ngairdíní", "dans les jardins"),
    ("at markets", "auf Märkten", "piacokon", "ag margaí", "sur les marchés"),
    ("in monasteries", "in Klöstern", "kolostorokban", "i mainistreacha", "dans les monastères"),
    ("in mills", "in Mühlen", "malmokban", "i muilte", "dans les moulins"),
    ("in harbours", "in Häfen", "kikötőkben", "i gcalafoirt", "dans les ports"),
)
_GOAL: Table = (
    ("reaches the edge", "den Rand erreicht", "eléri a tábla szélét", "a shroicheann an t-imeall", "atteint le bord"),
    ("fills a row", "eine Reihe füllt", "megtölt egy sort", "a líonann ró", "remplit une rangée"),
    ("takes the tower", "den Turm schlägt", "leüti a tornyot", "a thógann an túr", "prend la tour"),
    (
        "collects all the red stones",
        "alle roten Steine sammelt",
        "összegyűjti az összes piros követ",
        "a bhailíonn na clocha dearga go léir",
        "rassemble toutes les pierres rouges",
    ),
    ("closes the circle", "den Kreis schließt", "bezárja a kört", "a dhúnann an ciorcal", "ferme le cercle"),
    ("crosses the river", "den Fluss überquert", "átkel a folyón", "a thrasnaíonn an abhainn", "traverse la rivière"),
    ("opens a gate", "ein Tor öffnet", "kinyit egy kaput", "a osclaíonn geata", "ouvre une porte"),
    ("finds the crown", "die Krone findet", "megtalálja a koronát", "a aimsíonn an choróin", "trouve la couronne"),
)
_PRIZE: Table = (
    ("an apple", "einen Apfel", "egy almát", "úll", "une pomme"),
    ("a silk ribbon", "ein Seidenband", "egy selyemszalagot", "ribín síoda", "un ruban de soie"),
    ("a copper coin", "eine Kupfermünze", "egy rézpénzt", "bonn copair", "une pièce de cuivre"),
    ("a jar of honey", "ein Glas Honig", "egy üveg mézet", "próca meala", "un pot de miel"),
    ("a candle", "eine Kerze", "egy gyertyát", "coinneal", "une bougie"),
    ("a cup of cider", "einen Becher Apfelwein", "egy pohár almabort", "cupán ceirtlise", "un gobelet de cidre"),
    ("a round loaf", "einen runden Laib Brot", "egy kerek kenyeret", "bollóg chruinn", "un pain rond"),
    ("a goose feather", "eine Gänsefeder", "egy lúdtollat", "cleite gé", "une plume d'oie"),
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
    asked={
        "de": {
            "all": (
                "Was kannst du mir über das Spiel {name} erzählen?",
                "Ich möchte gern mehr über das Spiel {name} wissen. Was ist das für ein Spiel?",
                "Könntest du das Spiel {name} beschreiben?",
                "Was sollte man über das Spiel {name} wissen?",
            ),
            "first": (
                "Womit wird das Spiel {name} gespielt, und wo?",
                "Wie alt ist das Spiel {name}, und was braucht man dafür?",
                "Könntest du mir sagen, wo und mit welchen Steinen das Spiel {name} gespielt wird?",
            ),
            "second": (
                "Wie gewinnt man das Spiel {name}, und wie lange dauert es?",
                "Was bekommt der Sieger des Spiels {name}, und wie lange dauert eine Runde?",
                "Könntest du mir sagen, wie man das Spiel {name} gewinnt und welchen Preis es gibt?",
            ),
        },
        "hu": {
            "all": (
                "Mit tudsz mondani nekem a {name} nevű játékról?",
                "Szeretnék többet megtudni a {name} nevű játékról. Milyen játék ez?",
                "Le tudnád írni, milyen a {name} nevű játék?",
                "Mit érdemes tudni a {name} nevű játékról?",
            ),
            "first": (
                "Mivel játsszák a {name} nevű játékot, és hol?",
                "Milyen régi a {name} nevű játék, és mi kell hozzá?",
                "Meg tudnád mondani, hol és milyen bábukkal játsszák a {name} nevű játékot?",
            ),
            "second": (
                "Hogyan lehet megnyerni a {name} nevű játékot, és mennyi ideig tart?",
                "Mit kap a {name} nevű játék győztese, és mennyi ideig tart egy kör?",
                "Meg tudnád mondani, hogyan lehet megnyerni a {name} nevű játékot, és mi a díj?",
            ),
        },
        "ga": {
            "all": (
                "Cad is féidir leat a insint dom faoin gcluiche ar a dtugtar {name}?",
                "Ba mhaith liom tuilleadh a fháil amach faoin gcluiche ar a dtugtar {name}. Cén sórt cluiche é?",
                "An bhféadfá cur síos a dhéanamh ar an gcluiche ar a dtugtar {name}?",
                "Cad ba cheart a bheith ar eolas ag duine faoin gcluiche ar a dtugtar {name}?",
            ),
            "first": (
                "Cad leis a n-imrítear an cluiche ar a dtugtar {name}, agus cén áit?",
                "Cén aois é an cluiche ar a dtugtar {name}, agus cad a theastaíonn chun é a imirt?",
                "An bhféadfá a rá liom cá n-imrítear an cluiche ar a dtugtar {name} agus cén sórt píosaí a úsáidtear?",
            ),
            "second": (
                "Conas a bhuaitear an cluiche ar a dtugtar {name}, agus cá fhad a mhaireann sé?",
                "Cad a fhaigheann buaiteoir an chluiche ar a dtugtar {name}, agus cá fhad a mhaireann babhta?",
                "An bhféadfá a rá liom conas a bhuaitear an cluiche ar a dtugtar {name} agus cén duais a fhaightear?",
            ),
        },
        "fr": {
            "all": (
                "Que peux-tu me dire du jeu appelé {name} ?",
                "J'aimerais en savoir plus sur le jeu appelé {name}. Comment est-il ?",
                "Pourrais-tu décrire le jeu appelé {name} ?",
                "Que faut-il savoir sur le jeu appelé {name} ?",
            ),
            "first": (
                "Avec quoi joue-t-on au jeu appelé {name}, et où ?",
                "De quand date le jeu appelé {name}, et de quoi a-t-on besoin pour y jouer ?",
                "Pourrais-tu me dire où et avec quels pions on joue au jeu appelé {name} ?",
            ),
            "second": (
                "Comment gagne-t-on au jeu appelé {name}, et combien de temps dure-t-il ?",
                "Que reçoit le gagnant du jeu appelé {name}, et combien de temps dure une partie ?",
                "Pourrais-tu me dire comment on gagne au jeu appelé {name} et quel est le prix ?",
            ),
        },
    },
    units=(
        Unit(
            slots={"pieces": "number of pieces", "material": "material"},
            open={
                "en": "The game called {name} is played with {pieces} pieces {material}.",
                "de": "Das Spiel {name} wird mit {pieces} Steinen {material} gespielt.",
                "hu": "A {name} nevű játékot {pieces} darab {material} készült bábuval játsszák.",
                "ga": "Imrítear an cluiche ar a dtugtar {name} le {pieces} píosa {material}.",
                "fr": "Le jeu appelé {name} se joue avec {pieces} pions {material}.",
            },
            follow={
                "en": "It is played with {pieces} pieces {material}.",
                "de": "Es wird mit {pieces} Steinen {material} gespielt.",
                "hu": "A játékot {pieces} darab {material} készült bábuval játsszák.",
                "ga": "Imrítear é le {pieces} píosa {material}.",
                "fr": "Il se joue avec {pieces} pions {material}.",
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
                "fr": "Le jeu appelé {name} se joue {where} depuis {year}.",
            },
            follow={
                "en": "It has been played {where} since {year}.",
                "de": "Es wird seit {year} {where} gespielt.",
                "hu": "A játékot {year} óta játsszák {where}.",
                "ga": "Tá sé á imirt {where} ón mbliain {year}.",
                "fr": "Il se joue {where} depuis {year}.",
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
                "fr": "Au jeu appelé {name}, le premier joueur qui {goal} gagne et reçoit {prize}.",
            },
            follow={
                "en": "The first player who {goal} wins and gets {prize}.",
                "de": "Wer zuerst {goal}, gewinnt und bekommt {prize}.",
                "hu": "Az győz, aki elsőként {goal}, és {prize} kap.",
                "ga": "Buann an chéad imreoir {goal}, agus faigheann sé {prize}.",
                "fr": "Le premier joueur qui {goal} gagne et reçoit {prize}.",
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
                "fr": "Une partie du jeu appelé {name} dure {minutes} minutes.",
            },
            follow={
                "en": "One round lasts {minutes} minutes.",
                "de": "Eine Runde dauert {minutes} Minuten.",
                "hu": "Egy kör {minutes} percig tart.",
                "ga": "Maireann babhta amháin {minutes} nóiméad.",
                "fr": "Une partie dure {minutes} minutes.",
            },
            web=(
                "Set aside {minutes} minutes for {it}, which is what a round takes.",
                "My record for a whole evening of {it} is six rounds, at {minutes} minutes each.",
            ),
        ),
    ),
)
