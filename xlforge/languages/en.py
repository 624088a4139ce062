"""English: the source of every translation, so its number words, units and names are known as well."""

from fractions import Fraction

from xlforge.languages.registry import Language, Rendering

LANGUAGE = Language(
    "en", "English", "Latn", "high",
    rendering=Rendering(0.00, 0.5, word=0.900, name=0.95),
    decimal_point=True,
    scales={
        12: ("dozen",), 10**2: ("hundred",), 10**3: ("k", "thousand"), 10**5: ("lakh",),
        10**6: ("m", "mn", "mil", "mln", "million"), 10**7: ("crore",), 10**9: ("bn", "b", "billion"), 10**12: ("tn", "trillion"),
    },
    abbreviations=(
        "Mr", "Mrs", "Ms", "Mx", "Dr", "Prof", "St", "Sr", "Sra", "Jr", "Mme", "Mlle", "Fr", "vs", "No", "Nos", "Gen", "Col", "Lt",
        "Det", "Maj", "Cpl", "Insp", "Supt", "Sgt", "Capt", "Gov", "Sen", "Rep", "Rev", "Hon", "Ltd", "Co", "Corp", "Inc", "Ave",
        "Av", "Mt", "Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec", "ca", "etc", "mln", "mm",
    ),
)  # fmt: skip

UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
ORDINALS = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
POWERS = {"hundred": 10**2, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
FRACTIONS = {"half": Fraction(1, 2), "quarter": Fraction(1, 4)}
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip
IMPLIED: dict[str, tuple[float, ...]] = {
    "once": (1,), "single": (1,), "twice": (2,), "double": (2,), "doubled": (2,), "doubling": (2,), "doubles": (2,), "pair": (2,),
    "couple": (2,), "both": (2,), "triple": (3,), "tripled": (3,), "trio": (3,), "thrice": (3,), "quadruple": (4,),
    "half": (0.5, 2, 50), "halves": (2,), "halved": (2, 50), "quarter": (0.25, 4, 25), "quarters": (4, 25, 75), "quarterly": (3,),
    "dozen": (12,), "dozens": (12,), "noon": (12,), "midday": (12,), "midnight": (0, 12, 24), "decade": (10,), "decades": (10,),
    "century": (100,), "centuries": (100,), "fortnight": (2, 14, 15),
}  # fmt: skip
"""Numbers that a translation may write in digits for these words."""

ONE = "second|minute|hour|day|night|week|month|year|mile|kilomet|met|pound|dollar|euro|hundred|thousand|million|billion|third|quarter"
"""What follows "a", "an" or "per" where a translation may write the number 1, as a pattern."""

_TRANSLATED = """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
    october november december act academy agency agreement army assembly association bank battle bay bill board bridge
    bureau castle cathedral center centre charter chief church city club coast college commission committee commons
    commonwealth community company conference congress constitution convention council county court day declaration
    department district division east eastern emperor empire england exchange federal federation festival force forces
    forum foundation framework french fund general german government great group high hospital house human institute
    international island islands king kingdom korea korean lake law league lord lords mayor middle minister ministry
    mountain mountains museum national nations navy new north northern ocean office olympic order organisation
    organization palace park parliament party peninsula police pope premier president prime prince princess project
    protocol province public queen red region report republic research revolution right rights river road roman royal
    saint school sea secretary senate service society south southern state states station street supreme system theatre
    tower treaty union united university valley war west western white world american british chinese english european
    irish russian spanish
"""
TRANSLATED = frozenset(_TRANSLATED.split())
"""A name with one of these words is usually translated: days, institutions, places, peoples."""
