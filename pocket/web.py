"""The web around a passage: the facts in a page's own wordy wording, and the leftovers that a crawl brings along.

A passage with some noise is still usable: the facts stand in whole sentences. The pieces are put together from small
lists, so that no line of noise is worth learning by heart.
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from pocket.grammar import Subject

_MENU = (
    "Home",
    "News",
    "Travel",
    "Recipes",
    "Games",
    "Nature",
    "Forum",
    "Contact",
    "About us",
    "Login",
    "Search",
    "Archive",
    "Gallery",
    "Map",
    "Shop",
    "Help",
)
_GOODS = (
    "hiking boots",
    "garden chairs",
    "phone cases",
    "winter coats",
    "travel insurance",
    "kitchen knives",
    "reading lamps",
    "used cars",
)
_COOKIES = (
    "We use cookies to improve your visit. Accept all",
    "This site uses cookies. By staying you agree. OK",
    "Cookie settings - Accept - Decline",
)
_SHARE = (
    "Share this page",
    "Print",
    "Send to a friend",
    "Like",
    "Save",
    "Subscribe",
    "Follow us",
    "Leave a comment",
)
_CUT = (
    "Read more about the best places to st...",
    "You may also like: ten things that nobody tells y...",
    "The weather for the next days will be mostly cl...",
    "Continue reading on the next pa...",
)
_FOREIGN = (
    "Alle Rechte vorbehalten. Impressum und Datenschutz.",
    "Zum Seitenanfang. Diese Seite auf Deutsch lesen.",
    "Minden jog fenntartva. Vissza a lap tetejére.",
    "Az oldal magyarul is olvasható.",
    "Gach ceart ar cosaint. Ar ais go barr an leathanaigh.",
    "Léigh an leathanach seo as Gaeilge.",
    "Tous droits réservés. Retour en haut de la page.",
)
_MARKUP = ('<div class="main">', "<br/>", "</p>", "&nbsp;", "[edit]", "[photo]", "<!-- ad -->", "** ** **", "=====")
_MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
FILLERS = (
    "I was there last year and took far too many pictures.",
    "Thanks to everyone who wrote to us about this.",
    "My aunt has told this story more often than I can count.",
    "More about that another time.",
    "Opinions differ, but this is what we were told.",
    "Sorry for the long silence on this blog!",
    "We have checked this with somebody who should know.",
    "Believe it or not.",
)


def _menu(rng: Random) -> str:
    return rng.choice((" | ", " > ", " / ")).join(rng.sample(_MENU, rng.randint(3, 6)))


def _advert(rng: Random) -> str:
    goods = rng.choice(_GOODS)
    return rng.choice(
        (
            f"SALE! {rng.randrange(1, 8)}0% off {goods}, this week only!",
            f"Advertisement: {goods} from {rng.randrange(5, 99)}.99",
            f"Looking for {goods}? Click here!",
        )
    )


def _posted(rng: Random) -> str:
    date = f"{rng.randint(1, 28)} {rng.choice(_MONTHS)} {rng.randint(2004, 2024)}"
    return rng.choice((f"Posted on {date}", f"Last edited {date} - {rng.randint(2, 90)} comments", f"by admin, {date}"))


def noise_line(rng: Random) -> str:
    """One line that does not belong: a menu, an advertisement, buttons, a cut line, another language, markup."""
    makers = (
        _menu,
        _advert,
        _posted,
        lambda r: r.choice(_COOKIES),
        lambda r: " | ".join(r.sample(_SHARE, r.randint(2, 4))),
        lambda r: r.choice(_CUT),
        lambda r: r.choice(_FOREIGN),
        lambda r: r.choice(_MARKUP),
    )
    return rng.choice(makers)(rng)


def facts(rng: Random, subject: Subject, units: Iterable[int]) -> list[str]:
    """The units' facts as a page puts them: wordier, in any order, named at first and now and then again."""
    order = list(units)
    rng.shuffle(order)
    the = subject.kind.called(subject.name)
    values = {slot: value[0] for slot, value in subject.facts.items()}
    told = []
    for at, unit in enumerate(order):
        it = the if at == 0 or rng.random() < 0.3 else subject.kind.short
        form = rng.choice(subject.kind.units[unit].web)
        told.append(form.format(it=it, It=it[0].upper() + it[1:], **values))
    return told


def passage(rng: Random, subject: Subject, units: Iterable[int]) -> str:
    """A usable passage: the facts, at most one aside, and one to three lines of noise around them."""
    told = facts(rng, subject, units)
    if rng.random() < 0.35:
        told.insert(rng.randint(1, len(told)), rng.choice(FILLERS))
    lines = [" ".join(told)]
    if len(told) > 2 and rng.random() < 0.4:
        cut = rng.randint(1, len(told) - 1)
        lines = [" ".join(told[:cut]), " ".join(told[cut:])]
    for _ in range(rng.choice((1, 1, 2, 2, 3))):
        lines.insert(rng.choice((0, len(lines), rng.randint(0, len(lines)))), noise_line(rng))
    return "\n".join(lines)
