"""A dish: what it is made of, how it is cooked, how it tastes and how old it is."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import Table

_MAIN: Table = (
    ("beans", "aus Bohnen", "babból", "as pónairí"),
    ("potatoes", "aus Kartoffeln", "burgonyából", "as prátaí"),
    ("lentils", "aus Linsen", "lencséből", "as lintilí"),
    ("barley", "aus Gerste", "árpából", "as eorna"),
    ("cabbage", "aus Kohl", "káposztából", "as cabáiste"),
    ("mushrooms", "aus Pilzen", "gombából", "as muisiriúin"),
    ("pumpkin", "aus Kürbis", "sütőtökből", "as puimcín"),
    ("carrots", "aus Möhren", "sárgarépából", "as cairéid"),
    ("oats", "aus Hafer", "zabból", "as coirce"),
)
_WITH: Table = (
    ("with honey", "mit Honig", "mézzel", "le mil"),
    ("with garlic", "mit Knoblauch", "fokhagymával", "le gairleog"),
    ("with butter", "mit Butter", "vajjal", "le him"),
    ("with onions", "mit Zwiebeln", "hagymával", "le hoinniúin"),
    ("with apples", "mit Äpfeln", "almával", "le húlla"),
    ("with pepper", "mit Pfeffer", "borssal", "le piobar"),
    ("with cream", "mit Sahne", "tejszínnel", "le huachtar"),
    ("with walnuts", "mit Walnüssen", "dióval", "le gallchnónna"),
    ("with cheese", "mit Käse", "sajttal", "le cáis"),
)
_VESSEL: Table = (
    ("in a copper pot", "in einem Kupfertopf", "rézfazékban", "i bpota copair"),
    ("in a clay pot", "in einem Tontopf", "cserépedényben", "i bpota cré"),
    ("in an iron pan", "in einer Eisenpfanne", "vasserpenyőben", "i bhfriochtán iarainn"),
    ("in a stone oven", "in einem Steinofen", "kőkemencében", "in oigheann cloiche"),
    ("over an open fire", "über offenem Feuer", "nyílt tűzön", "os cionn tine oscailte"),
    ("in hot ash", "in heißer Asche", "forró hamuban", "i luaithreach te"),
    ("in steam", "im Dampf", "gőzben", "i ngal"),
)
_TASTE: Table = (
    ("sweet", "süß", "édes", "milis"),
    ("sour", "sauer", "savanyú", "géar"),
    ("bitter", "bitter", "keserű", "searbh"),
    ("salty", "salzig", "sós", "goirt"),
    ("spicy", "scharf", "csípős", "spíosrach"),
    ("mild", "mild", "enyhe", "séimh"),
    ("creamy", "cremig", "krémes", "uachtarúil"),
)
_OCCASION: Table = (
    ("at weddings", "bei Hochzeiten", "esküvőkön", "ag bainiseacha"),
    ("on Sundays", "sonntags", "vasárnaponként", "ar an Domhnach"),
    ("after the harvest", "nach der Ernte", "aratás után", "tar éis an fhómhair"),
    ("before a journey", "vor einer Reise", "utazás előtt", "roimh thuras"),
    ("on market days", "an Markttagen", "vásárnapokon", "ar laethanta margaidh"),
    ("on rainy days", "an Regentagen", "esős napokon", "ar laethanta báistí"),
    ("on birthdays", "an Geburtstagen", "születésnapokon", "ar laethanta breithe"),
)

KIND = Kind(
    name="dish",
    the="the dish called {name}",
    short="the dish",
    tables={
        "main": _MAIN,
        "with": _WITH,
        "minutes": range(20, 100, 10),
        "vessel": _VESSEL,
        "taste": _TASTE,
        "occasion": _OCCASION,
        "year": range(1102, 1990),
    },
    questions={
        "all": GENERAL,
        "first": (
            "How is {it} made?",
            "What goes into {it}, and how long does it cook?",
            "Could you tell me what {it} is made from and how it is cooked?",
        ),
        "second": (
            "What does {it} taste like, and how old is it?",
            "When do people eat {it}, and since when has it been known?",
            "Could you tell me when {it} is eaten and how it tastes?",
        ),
    },
    units=(
        Unit(
            slots={"main": "main ingredient", "with": "second ingredient"},
            open={
                "en": "The dish called {name} is made from {main} {with}.",
                "de": "Das Gericht {name} wird {main} {with} zubereitet.",
                "hu": "A {name} nevű étel {main} készül, {with}.",
                "ga": "Déantar an mhias ar a dtugtar {name} {main} {with}.",
            },
            follow={
                "en": "It is made from {main} {with}.",
                "de": "Es wird {main} {with} zubereitet.",
                "hu": "Az étel {main} készül, {with}.",
                "ga": "Déantar í {main} {with}.",
            },
            web=(
                "Grandmother's secret for {it}: take {main}, and have it all {with}, like she did.",
                "Leave out {main} and nobody will call it {it} any more; round here we always have it {with}.",
            ),
        ),
        Unit(
            slots={"minutes": "cooking time", "vessel": "vessel"},
            open={
                "en": "The dish called {name} is cooked for {minutes} minutes {vessel}.",
                "de": "Das Gericht {name} wird {minutes} Minuten lang {vessel} gegart.",
                "hu": "A {name} nevű ételt {minutes} percig {vessel} készítik.",
                "ga": "Cócaráiltear an mhias ar a dtugtar {name} ar feadh {minutes} nóiméad {vessel}.",
            },
            follow={
                "en": "It is cooked for {minutes} minutes {vessel}.",
                "de": "Es wird {minutes} Minuten lang {vessel} gegart.",
                "hu": "Az ételt {minutes} percig {vessel} készítik.",
                "ga": "Cócaráiltear í ar feadh {minutes} nóiméad {vessel}.",
            },
            web=(
                "Be patient, because {it} needs {minutes} minutes, and it has to be done {vessel}.",
                "After {minutes} minutes {vessel} you can call everyone, for {it} is then ready.",
            ),
        ),
        Unit(
            slots={"taste": "taste", "occasion": "occasion"},
            open={
                "en": "The dish called {name} tastes {taste} and is eaten {occasion}.",
                "de": "Das Gericht {name} schmeckt {taste} und wird {occasion} gegessen.",
                "hu": "A {name} nevű étel íze {taste}, és {occasion} eszik.",
                "ga": "Tá blas {taste} ar an mias ar a dtugtar {name}, agus itear í {occasion}.",
            },
            follow={
                "en": "It tastes {taste} and is eaten {occasion}.",
                "de": "Es schmeckt {taste} und wird {occasion} gegessen.",
                "hu": "Az íze {taste}, és {occasion} eszik.",
                "ga": "Tá blas {taste} uirthi, agus itear í {occasion}.",
            },
            web=(
                "I tried {it} for the first time last year: quite {taste}, I must say, and something that people have {occasion}.",
                "Families put {it} on the table {occasion}, and whoever tries it calls it {taste}.",
            ),
        ),
        Unit(
            slots={"year": "year"},
            open={
                "en": "The dish called {name} has been known since {year}.",
                "de": "Das Gericht {name} ist seit {year} bekannt.",
                "hu": "A {name} nevű étel {year} óta ismert.",
                "ga": "Tá an mhias ar a dtugtar {name} ar eolas ón mbliain {year}.",
            },
            follow={
                "en": "It has been known since {year}.",
                "de": "Es ist seit {year} bekannt.",
                "hu": "Az étel {year} óta ismert.",
                "ga": "Tá sí ar eolas ón mbliain {year}.",
            },
            web=(
                "The first recipe for {it} was written down in {year}, or so the librarian says.",
                "Cooks have been making {it} ever since {year}.",
            ),
        ),
    ),
)
