"""A dish: what it is made of, how it is cooked, how it tastes and how old it is."""

from __future__ import annotations

from pocket.grammar import Kind, Unit
from pocket.kinds.general import GENERAL
from pocket.words import Table

_MAIN: Table = (
    ("beans", "aus Bohnen", "babból", "as pónairí", "à base de haricots"),
    ("potatoes", "aus Kartoffeln", "burgonyából", "as prátaí", "à base de pommes de terre"),
    ("lentils", "aus Linsen", "lencséből", "as lintilí", "à base de lentilles"),
    ("barley", "aus Gerste", "árpából", "as eorna", "à base d'orge"),
    ("cabbage", "aus Kohl", "káposztából", "as cabáiste", "à base de chou"),
    ("mushrooms", "aus Pilzen", "gombából", "as muisiriúin", "à base de champignons"),
    ("pumpkin", "aus Kürbis", "sütőtökből", "as puimcín", "à base de potiron"),
    ("carrots", "aus Möhren", "sárgarépából", "as cairéid", "à base de carottes"),
    ("oats", "aus Hafer", "zabból", "as coirce", "à base d'avoine"),
)
_WITH: Table = (
    ("with honey", "mit Honig", "mézzel", "le mil", "avec du miel"),
    ("with garlic", "mit Knoblauch", "fokhagymával", "le gairleog", "avec de l'ail"),
    ("with butter", "mit Butter", "vajjal", "le him", "avec du beurre"),
    ("with onions", "mit Zwiebeln", "hagymával", "le hoinniúin", "avec des oignons"),
    ("with apples", "mit Äpfeln", "almával", "le húlla", "avec des pommes"),
    ("with pepper", "mit Pfeffer", "borssal", "le piobar", "avec du poivre"),
    ("with cream", "mit Sahne", "tejszínnel", "le huachtar", "avec de la crème"),
    ("with walnuts", "mit Walnüssen", "dióval", "le gallchnónna", "avec des noix"),
    ("with cheese", "mit Käse", "sajttal", "le cáis", "avec du fromage"),
)
_VESSEL: Table = (
    ("in a copper pot", "in einem Kupfertopf", "rézfazékban", "i bpota copair", "dans une marmite en cuivre"),
    ("in a clay pot", "in einem Tontopf", "cserépedényben", "i bpota cré", "dans un pot en terre cuite"),
    ("in an iron pan", "in einer Eisenpfanne", "vasserpenyőben", "i bhfriochtán iarainn", "dans une poêle en fer"),
    ("in a stone oven", "in einem Steinofen", "kőkemencében", "in oigheann cloiche", "dans un four en pierre"),
    ("over an open fire", "über offenem Feuer", "nyílt tűzön", "os cionn tine oscailte", "au-dessus d'un feu ouvert"),
    ("in hot ash", "in heißer Asche", "forró hamuban", "i luaithreach te", "dans la cendre chaude"),
    ("in steam", "im Dampf", "gőzben", "i ngal", "à la vapeur"),
)
_TASTE: Table = (
    ("sweet", "süß", "édes", "milis", "sucré"),
    ("sour", "sauer", "savanyú", "géar", "aigre"),
    ("bitter", "bitter", "keserű", "searbh", "amer"),
    ("salty", "salzig", "sós", "goirt", "salé"),
    ("spicy", "scharf", "csípős", "spíosrach", "épicé"),
    ("mild", "mild", "enyhe", "séimh", "doux"),
    ("creamy", "cremig", "krémes", "uachtarúil", "crémeux"),
)
_OCCASION: Table = (
    ("at weddings", "bei Hochzeiten", "esküvőkön", "ag bainiseacha", "lors des mariages"),
    ("on Sundays", "sonntags", "vasárnaponként", "ar an Domhnach", "le dimanche"),
    ("after the harvest", "nach der Ernte", "aratás után", "tar éis an fhómhair", "après la récolte"),
    ("before a journey", "vor einer Reise", "utazás előtt", "roimh thuras", "avant un voyage"),
    ("on market days", "an Markttagen", "vásárnapokon", "ar laethanta margaidh", "les jours de marché"),
    ("on rainy days", "an Regentagen", "esős napokon", "ar laethanta báistí", "les jours de pluie"),
    ("on birthdays", "an Geburtstagen", "születésnapokon", "ar laethanta breithe", "lors des anniversaires"),
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
    asked={
        "de": {
            "all": (
                "Was kannst du mir über das Gericht {name} erzählen?",
                "Ich möchte gern mehr über das Gericht {name} wissen. Was ist das für ein Gericht?",
                "Könntest du das Gericht {name} beschreiben?",
                "Was sollte man über das Gericht {name} wissen?",
            ),
            "first": (
                "Wie wird das Gericht {name} zubereitet?",
                "Was kommt in das Gericht {name}, und wie lange wird es gegart?",
                "Könntest du mir sagen, woraus das Gericht {name} zubereitet wird und wie man es gart?",
            ),
            "second": (
                "Wie schmeckt das Gericht {name}, und wie alt ist es?",
                "Wann isst man das Gericht {name}, und seit wann ist es bekannt?",
                "Könntest du mir sagen, wann das Gericht {name} gegessen wird und wie es schmeckt?",
            ),
        },
        "hu": {
            "all": (
                "Mit tudsz mondani nekem a {name} nevű ételről?",
                "Szeretnék többet megtudni a {name} nevű ételről. Milyen étel ez?",
                "Le tudnád írni, milyen a {name} nevű étel?",
                "Mit érdemes tudni a {name} nevű ételről?",
            ),
            "first": (
                "Hogyan készül a {name} nevű étel?",
                "Mi kerül a {name} nevű ételbe, és mennyi ideig készítik?",
                "Meg tudnád mondani, miből van a {name} nevű étel, és hogyan készítik el?",
            ),
            "second": (
                "Milyen ízű a {name} nevű étel, és milyen régi?",
                "Mikor szokás enni a {name} nevű ételt, és mióta ismerik?",
                "Meg tudnád mondani, mikor eszik a {name} nevű ételt, és milyen az íze?",
            ),
        },
        "ga": {
            "all": (
                "Cad is féidir leat a insint dom faoin mias ar a dtugtar {name}?",
                "Ba mhaith liom tuilleadh a fháil amach faoin mias ar a dtugtar {name}. Cén sórt méise í?",
                "An bhféadfá cur síos a dhéanamh ar an mias ar a dtugtar {name}?",
                "Cad ba cheart a bheith ar eolas ag duine faoin mias ar a dtugtar {name}?",
            ),
            "first": (
                "Conas a dhéantar an mhias ar a dtugtar {name}?",
                "Cad a chuirtear sa mhias ar a dtugtar {name}, agus cá fhad a chócaráiltear í?",
                "An bhféadfá a rá liom cad as a ndéantar an mhias ar a dtugtar {name} agus conas a chócaráiltear í?",
            ),
            "second": (
                "Cén blas atá ar an mias ar a dtugtar {name}, agus cén aois í?",
                "Cathain a itear an mhias ar a dtugtar {name}, agus cá fhad atá sí ar eolas?",
                "An bhféadfá a rá liom cathain a itear an mhias ar a dtugtar {name} agus cén blas atá uirthi?",
            ),
        },
        "fr": {
            "all": (
                "Que peux-tu me dire du plat appelé {name} ?",
                "J'aimerais en savoir plus sur le plat appelé {name}. Comment est-il ?",
                "Pourrais-tu décrire le plat appelé {name} ?",
                "Que faut-il savoir sur le plat appelé {name} ?",
            ),
            "first": (
                "Comment prépare-t-on le plat appelé {name} ?",
                "Que met-on dans le plat appelé {name}, et combien de temps cuit-il ?",
                "Pourrais-tu me dire de quoi est fait le plat appelé {name} et comment on le cuit ?",
            ),
            "second": (
                "Quel goût a le plat appelé {name}, et de quand date-t-il ?",
                "Quand mange-t-on le plat appelé {name}, et depuis quand est-il connu ?",
                "Pourrais-tu me dire quand on mange le plat appelé {name} et quel goût il a ?",
            ),
        },
    },
    units=(
        Unit(
            slots={"main": "main ingredient", "with": "second ingredient"},
            open={
                "en": "The dish called {name} is made from {main} {with}.",
                "de": "Das Gericht {name} wird {main} {with} zubereitet.",
                "hu": "A {name} nevű étel {main} készül, {with}.",
                "ga": "Déantar an mhias ar a dtugtar {name} {main} {with}.",
                "fr": "Le plat appelé {name} est préparé {main}, {with}.",
            },
            follow={
                "en": "It is made from {main} {with}.",
                "de": "Es wird {main} {with} zubereitet.",
                "hu": "Az étel {main} készül, {with}.",
                "ga": "Déantar í {main} {with}.",
                "fr": "Il est préparé {main}, {with}.",
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
                "fr": "Le plat appelé {name} cuit pendant {minutes} minutes {vessel}.",
            },
            follow={
                "en": "It is cooked for {minutes} minutes {vessel}.",
                "de": "Es wird {minutes} Minuten lang {vessel} gegart.",
                "hu": "Az ételt {minutes} percig {vessel} készítik.",
                "ga": "Cócaráiltear í ar feadh {minutes} nóiméad {vessel}.",
                "fr": "Il cuit pendant {minutes} minutes {vessel}.",
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
                "fr": "Le plat appelé {name} a un goût {taste} et se mange {occasion}.",
            },
            follow={
                "en": "It tastes {taste} and is eaten {occasion}.",
                "de": "Es schmeckt {taste} und wird {occasion} gegessen.",
                "hu": "Az íze {taste}, és {occasion} eszik.",
                "ga": "Tá blas {taste} uirthi, agus itear í {occasion}.",
                "fr": "Il a un goût {taste} et se mange {occasion}.",
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
                "fr": "Le plat appelé {name} est connu depuis {year}.",
            },
            follow={
                "en": "It has been known since {year}.",
                "de": "Es ist seit {year} bekannt.",
                "hu": "Az étel {year} óta ismert.",
                "ga": "Tá sí ar eolas ón mbliain {year}.",
                "fr": "Il est connu depuis {year}.",
            },
            web=(
                "The first recipe for {it} was written down in {year}, or so the librarian says.",
                "Cooks have been making {it} ever since {year}.",
            ),
        ),
    ),
)
