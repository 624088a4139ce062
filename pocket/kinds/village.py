"""A village: where it lies, of what it is built, who lives there and what there is to see."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import LOCATION, WHEN, Table

_MATERIAL: Table = (
    ("grey granite", "aus grauem Granit", "szürke gránitból", "d'eibhear liath", "en granit gris"),
    ("red brick", "aus roten Ziegeln", "vörös téglából", "de bhrící dearga", "en brique rouge"),
    ("white limestone", "aus weißem Kalkstein", "fehér mészkőből", "d'aolchloch bhán", "en calcaire blanc"),
    ("dark oak", "aus dunklem Eichenholz", "sötét tölgyfából", "d'adhmad darach dorcha", "en chêne foncé"),
    ("yellow clay", "aus gelbem Lehm", "sárga agyagból", "de chré bhuí", "en argile jaune"),
    ("black slate", "aus schwarzem Schiefer", "fekete palából", "de shlinn dhubh", "en ardoise noire"),
    ("river stones", "aus Flusssteinen", "folyami kövekből", "de chlocha abhann", "en galets de rivière"),
    ("pine wood", "aus Kiefernholz", "fenyőfából", "d'adhmad giúise", "en bois de pin"),
)
_CRAFT: Table = (
    ("fishing", "vom Fischfang", "halászatból", "ar an iascaireacht", "de la pêche"),
    ("beekeeping", "von der Imkerei", "méhészetből", "ar an mbeachaireacht", "de l'apiculture"),
    ("pottery", "von der Töpferei", "fazekasságból", "ar an bpotaireacht", "de la poterie"),
    ("weaving", "von der Weberei", "szövésből", "ar an bhfíodóireacht", "du tissage"),
    ("basket-making", "von der Korbflechterei", "kosárfonásból", "ar an gcaoladóireacht", "de la vannerie"),
    ("sheep farming", "von der Schafzucht", "juhtenyésztésből", "ar thógáil caorach", "de l'élevage de moutons"),
    ("glass-blowing", "von der Glasbläserei", "üvegfúvásból", "ar shéideadh gloine", "du soufflage du verre"),
    ("cheese-making", "von der Käserei", "sajtkészítésből", "ar dhéanamh cáise", "de la fabrication du fromage"),
    ("apple growing", "vom Apfelanbau", "almatermesztésből", "ar shaothrú úll", "de la culture des pommes"),
)
_LANDMARK: Table = (
    ("an old mill", "eine alte Mühle", "egy régi malom", "seanmhuileann", "un vieux moulin"),
    ("a stone bridge", "eine steinerne Brücke", "egy kőhíd", "droichead cloiche", "un pont de pierre"),
    ("a wooden tower", "ein hölzerner Turm", "egy fatorony", "túr adhmaid", "une tour en bois"),
    ("a round church", "eine runde Kirche", "egy kerek templom", "séipéal cruinn", "une église ronde"),
    ("a deep well", "ein tiefer Brunnen", "egy mély kút", "tobar domhain", "un puits profond"),
    ("a small museum", "ein kleines Museum", "egy kis múzeum", "músaem beag", "un petit musée"),
    ("a market hall", "eine Markthalle", "egy vásárcsarnok", "halla margaidh", "un marché couvert"),
    ("a tall lime tree", "eine hohe Linde", "egy magas hársfa", "crann teile ard", "un grand tilleul"),
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
    asked={
        "de": {
            "all": (
                "Was kannst du mir über das Dorf {name} erzählen?",
                "Ich würde gern mehr über das Dorf {name} erfahren. Wie ist es?",
                "Könntest du das Dorf {name} beschreiben?",
                "Was sollte man über das Dorf {name} wissen?",
            ),
            "first": (
                "Wo liegt das Dorf {name}, und woraus sind seine Häuser gebaut?",
                "Wie alt ist das Dorf {name}, wo liegt es, und woraus bestehen seine Häuser?",
                "Könntest du mir sagen, wo das Dorf {name} liegt und wie man dort baut?",
            ),
            "second": (
                "Wie leben die Menschen im Dorf {name}, und was gibt es dort zu sehen?",
                "Wovon leben die Einwohner des Dorfes {name}, und wann kommen Besucher?",
                "Wie viele Menschen leben im Dorf {name}, und was steht in seiner Mitte?",
            ),
        },
        "hu": {
            "all": (
                "Mit tudsz mesélni a {name} nevű faluról?",
                "Szeretnék többet megtudni a {name} nevű faluról. Milyen ez a falu?",
                "Le tudnád írni a {name} nevű falut?",
                "Mit érdemes tudni a {name} nevű faluról?",
            ),
            "first": (
                "Hol fekszik a {name} nevű falu, és miből épültek a házai?",
                "Milyen régi a {name} nevű falu, hol van, és miből vannak a házai?",
                "Meg tudnád mondani, hol fekszik a {name} nevű falu, és hogyan építkeznek ott?",
            ),
            "second": (
                "Hogyan élnek az emberek a {name} nevű faluban, és mit lehet ott látni?",
                "Miből élnek a {name} nevű falu lakói, és mikor jönnek a látogatók?",
                "Hány ember él a {name} nevű faluban, és mi áll a közepén?",
            ),
        },
        "ga": {
            "all": (
                "Cad is féidir leat a insint dom faoi shráidbhaile {name}?",
                "Ba mhaith liom tuilleadh a fháil amach faoi shráidbhaile {name}. Cén sórt áite é?",
                "An bhféadfá cur síos a dhéanamh ar shráidbhaile {name}?",
                "Cad ba cheart a bheith ar eolas ag duine faoi shráidbhaile {name}?",
            ),
            "first": (
                "Cá bhfuil sráidbhaile {name} suite, agus cad as ar tógadh a chuid tithe?",
                "Cé chomh sean is atá sráidbhaile {name}, cá bhfuil sé, agus cad as a bhfuil a chuid tithe déanta?",
                "An bhféadfá a rá liom cá bhfuil sráidbhaile {name} agus conas a thógann daoine tithe ann?",
            ),
            "second": (
                "Conas a mhaireann daoine i sráidbhaile {name}, agus cad atá le feiceáil ann?",
                "Cad air a maireann muintir shráidbhaile {name}, agus cathain a thagann cuairteoirí?",
                "Cé mhéad duine atá ina gcónaí i sráidbhaile {name}, agus cad atá ina lár?",
            ),
        },
        "fr": {
            "all": (
                "Que peux-tu me dire sur le village de {name} ?",
                "J'aimerais en savoir plus sur le village de {name}. Comment est-il ?",
                "Pourrais-tu décrire le village de {name} ?",
                "Que faut-il savoir sur le village de {name} ?",
            ),
            "first": (
                "Où se trouve le village de {name}, et en quoi ses maisons sont-elles construites ?",
                "Quel âge a le village de {name}, où se trouve-t-il, et de quoi ses maisons sont-elles faites ?",
                "Pourrais-tu me dire où se trouve le village de {name} et comment on y construit ?",
            ),
            "second": (
                "Comment vit-on dans le village de {name}, et qu'y a-t-il à voir ?",
                "De quoi vivent les habitants du village de {name}, et quand les visiteurs viennent-ils ?",
                "Combien de personnes vivent dans le village de {name}, et qu'y a-t-il en son centre ?",
            ),
        },
    },
    units=(
        Unit(
            slots={"location": "location", "year": "year"},
            open={
                "en": "The village of {name} lies {location} and has been inhabited since {year}.",
                "de": "Das Dorf {name} liegt {location} und ist seit {year} bewohnt.",
                "hu": "A {name} nevű falu {location} fekszik, és {year} óta lakott.",
                "ga": "Tá sráidbhaile {name} suite {location}, agus tá daoine ina gcónaí ann ón mbliain {year}.",
                "fr": "Le village de {name} se trouve {location} et est habité depuis {year}.",
            },
            follow={
                "en": "It lies {location} and has been inhabited since {year}.",
                "de": "Es liegt {location} und ist seit {year} bewohnt.",
                "hu": "A falu {location} fekszik, és {year} óta lakott.",
                "ga": "Tá sé suite {location}, agus tá daoine ina gcónaí ann ón mbliain {year}.",
                "fr": "Il se trouve {location} et est habité depuis {year}.",
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
                "fr": "Les maisons du village de {name} sont construites {material}.",
            },
            follow={
                "en": "Its houses are built of {material}.",
                "de": "Seine Häuser sind {material} gebaut.",
                "hu": "A házai {material} épültek.",
                "ga": "Tá a chuid tithe tógtha {material}.",
                "fr": "Ses maisons sont construites {material}.",
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
                "fr": "Le village de {name} compte {people} habitants, qui vivent surtout {craft}.",
            },
            follow={
                "en": "It has {people} inhabitants, who live mostly from {craft}.",
                "de": "Es hat {people} Einwohner, die meist {craft} leben.",
                "hu": "A falunak {people} lakosa van, akik főleg {craft} élnek.",
                "ga": "Tá {people} duine ina gcónaí ann, agus maireann siad {craft} den chuid is mó.",
                "fr": "Il compte {people} habitants, qui vivent surtout {craft}.",
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
                "fr": "Au centre du village de {name} se trouve {landmark}, et la plupart des visiteurs viennent {when}.",
            },
            follow={
                "en": "In its centre stands {landmark}, and most visitors come {when}.",
                "de": "In seiner Mitte steht {landmark}, und die meisten Besucher kommen {when}.",
                "hu": "A közepén {landmark} áll, és a legtöbb látogató {when} érkezik.",
                "ga": "Tá {landmark} ina lár, agus is {when} a thagann formhór na gcuairteoirí.",
                "fr": "En son centre se trouve {landmark}, et la plupart des visiteurs viennent {when}.",
            },
            web=(
                "Do not leave {it} without a look at {landmark}, right in the middle; most guests arrive {when}.",
                "The best known sight of {it} is {landmark} in the centre, and the streets are full {when}.",
            ),
        ),
    ),
)
