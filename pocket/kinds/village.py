"""A village: where it lies, of what it is built, who lives there and what there is to see."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import LOCATION, WHEN, Table

_MATERIAL: Table = (
    ("grey granite", "aus grauem Granit", "szürke gránitból", "d'eibhear liath"),
    ("red brick", "aus roten Ziegeln", "vörös téglából", "de bhrící dearga"),
    ("white limestone", "aus weißem Kalkstein", "fehér mészkőből", "d'aolchloch bhán"),
    ("dark oak", "aus dunklem Eichenholz", "sötét tölgyfából", "d'adhmad darach dorcha"),
    ("yellow clay", "aus gelbem Lehm", "sárga agyagból", "de chré bhuí"),
    ("black slate", "aus schwarzem Schiefer", "fekete palából", "de shlinn dhubh"),
    ("river stones", "aus Flusssteinen", "folyami kövekből", "de chlocha abhann"),
    ("pine wood", "aus Kiefernholz", "fenyőfából", "d'adhmad giúise"),
)
_CRAFT: Table = (
    ("fishing", "vom Fischfang", "halászatból", "ar an iascaireacht"),
    ("beekeeping", "von der Imkerei", "méhészetből", "ar an mbeachaireacht"),
    ("pottery", "von der Töpferei", "fazekasságból", "ar an bpotaireacht"),
    ("weaving", "von der Weberei", "szövésből", "ar an bhfíodóireacht"),
    ("basket-making", "von der Korbflechterei", "kosárfonásból", "ar an gcaoladóireacht"),
    ("sheep farming", "von der Schafzucht", "juhtenyésztésből", "ar thógáil caorach"),
    ("glass-blowing", "von der Glasbläserei", "üvegfúvásból", "ar shéideadh gloine"),
    ("cheese-making", "von der Käserei", "sajtkészítésből", "ar dhéanamh cáise"),
    ("apple growing", "vom Apfelanbau", "almatermesztésből", "ar shaothrú úll"),
)
_LANDMARK: Table = (
    ("an old mill", "eine alte Mühle", "egy régi malom", "seanmhuileann"),
    ("a stone bridge", "eine steinerne Brücke", "egy kőhíd", "droichead cloiche"),
    ("a wooden tower", "ein hölzerner Turm", "egy fatorony", "túr adhmaid"),
    ("a round church", "eine runde Kirche", "egy kerek templom", "séipéal cruinn"),
    ("a deep well", "ein tiefer Brunnen", "egy mély kút", "tobar domhain"),
    ("a small museum", "ein kleines Museum", "egy kis múzeum", "músaem beag"),
    ("a market hall", "eine Markthalle", "egy vásárcsarnok", "halla margaidh"),
    ("a tall lime tree", "eine hohe Linde", "egy magas hársfa", "crann teile ard"),
)

KIND = Kind(
    name="village",
    the="the village of {name}",
    short="the village",
    tables={
        "location": LOCATION,
        "year": range(1102, 1990),
        "material": _MATERIAL,
        "people": range(120, 1000, 10),
        "craft": _CRAFT,
        "landmark": _LANDMARK,
        "when": WHEN,
    },
    questions={
        "all": GENERAL,
        "first": (
            "Where does {it} lie, and what are its houses built of?",
            "How old is {it}, where is it, and what are its houses made of?",
            "Could you tell me where {it} is and how people build there?",
        ),
        "second": (
            "How do people live in {it}, and what is there to see?",
            "What do the inhabitants of {it} live from, and when do visitors come?",
            "How many people live in {it}, and what stands in its centre?",
        ),
    },
    units=(
        Unit(
            slots={"location": "location", "year": "year"},
            open={
                "en": "The village of {name} lies {location} and has been inhabited since {year}.",
                "de": "Das Dorf {name} liegt {location} und ist seit {year} bewohnt.",
                "hu": "A {name} nevű falu {location} fekszik, és {year} óta lakott.",
                "ga": "Tá sráidbhaile {name} suite {location}, agus tá daoine ina gcónaí ann ón mbliain {year}.",
            },
            follow={
                "en": "It lies {location} and has been inhabited since {year}.",
                "de": "Es liegt {location} und ist seit {year} bewohnt.",
                "hu": "A falu {location} fekszik, és {year} óta lakott.",
                "ga": "Tá sé suite {location}, agus tá daoine ina gcónaí ann ón mbliain {year}.",
            },
            web=(
                "{It} is to be found {location}, and people have lived there without a break since {year}.",
                "Many travellers ask us about {it}, which lies {location} and has had inhabitants ever since {year}.",
            ),
        ),
        Unit(
            slots={"material": "building material"},
            open={
                "en": "The houses in the village of {name} are built of {material}.",
                "de": "Die Häuser im Dorf {name} sind {material} gebaut.",
                "hu": "A {name} nevű faluban a házak {material} épültek.",
                "ga": "Tá na tithe i sráidbhaile {name} tógtha {material}.",
            },
            follow={
                "en": "Its houses are built of {material}.",
                "de": "Seine Häuser sind {material} gebaut.",
                "hu": "A házai {material} épültek.",
                "ga": "Tá a chuid tithe tógtha {material}.",
            },
            web=(
                "What strikes you first about {it} is that every house is made of {material}.",
                "In {it} the walls are of {material}, from the smallest barn upwards.",
            ),
        ),
        Unit(
            slots={"people": "number of inhabitants", "craft": "craft"},
            open={
                "en": "The village of {name} has {people} inhabitants, who live mostly from {craft}.",
                "de": "Das Dorf {name} hat {people} Einwohner, die meist {craft} leben.",
                "hu": "A {name} nevű falunak {people} lakosa van, akik főleg {craft} élnek.",
                "ga": "Tá {people} duine ina gcónaí i sráidbhaile {name}, agus maireann siad {craft} den chuid is mó.",
            },
            follow={
                "en": "It has {people} inhabitants, who live mostly from {craft}.",
                "de": "Es hat {people} Einwohner, die meist {craft} leben.",
                "hu": "A falunak {people} lakosa van, akik főleg {craft} élnek.",
                "ga": "Tá {people} duine ina gcónaí ann, agus maireann siad {craft} den chuid is mó.",
            },
            web=(
                "According to the last count {it} is home to {people} inhabitants, and most of them earn their bread by {craft}.",
                "Ask any of the {people} people of {it} what they do, and the answer will mostly be {craft}.",
            ),
        ),
        Unit(
            slots={"landmark": "landmark", "when": "season"},
            open={
                "en": "In the centre of the village of {name} stands {landmark}, and most visitors come {when}.",
                "de": "In der Mitte des Dorfes {name} steht {landmark}, und die meisten Besucher kommen {when}.",
                "hu": "A {name} nevű falu közepén {landmark} áll, és a legtöbb látogató {when} érkezik.",
                "ga": "Tá {landmark} i lár shráidbhaile {name}, agus is {when} a thagann formhór na gcuairteoirí.",
            },
            follow={
                "en": "In its centre stands {landmark}, and most visitors come {when}.",
                "de": "In seiner Mitte steht {landmark}, und die meisten Besucher kommen {when}.",
                "hu": "A közepén {landmark} áll, és a legtöbb látogató {when} érkezik.",
                "ga": "Tá {landmark} ina lár, agus is {when} a thagann formhór na gcuairteoirí.",
            },
            web=(
                "Do not leave {it} without a look at {landmark}, right in the middle; most guests arrive {when}.",
                "The best known sight of {it} is {landmark} in the centre, and the streets are full {when}.",
            ),
        ),
    ),
)
