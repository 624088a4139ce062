"""Numbers of an English text and of its translation, compared by what they can mean.

A number is written in many ways: 1,234.5 is 1.234,5 or 1 234,5; $125m is 125 Mio. or 1.25亿; 10^23 is 10²³; 8pm is 20:00; the 1990s
are a 10th decade; 45 miles may become 72 km. So a number in digits has readings, each a set of values that must all be found on
the other side, and it is accounted for when one of them is. What English spells out ("seventy", "noon", "May", "World War
II") may be in digits in a translation. What a translation spells out is read as far as ICU and the language's file can, so
numbers that are often spelled out may be absent. Where both sides have the same value, its sign, percent and unit must agree.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property, lru_cache

from xlforge.checks import cldr, quantities, written
from xlforge.checks.numerals import spelled, values
from xlforge.checks.quantities import Quantity
from xlforge.checks.scales import factors, is_certain, present, scale
from xlforge.checks.spellings import halves, words
from xlforge.checks.units import convert
from xlforge.languages.registry import traits

_HALF_DAY = re.compile(r"(?:[:.]\d\d)?(?:\s?[-–]\s?\d\d?(?:[:.]\d\d)?)?\s?([ap])\.?m\b", re.IGNORECASE)
_YEARS = re.compile(r"(?<!\d)(\d\d)\d\d\s?[-–/]\s?\d\d$")
_CENTURY = re.compile(r"(?:st|nd|rd|th)?[\s-](?:century|centuries)", re.IGNORECASE)
_DECADE = re.compile(r"'?s\b")
_TWIN = re.compile(r"\d[ -]?[^\d.;:()]{1,20}\((?:about |around |or |some )?[€£$¥]?$")
_SHARED = re.compile(r"\s?(?:[-–—~/]|[^\W\d_]{1,4})\s?\d[\d.,]*")
_HALF = Fraction(1, 2)
_OBVIOUS = 2
"""Words for numbers up to this one have other meanings."""
_SHORT = 20
_LARGE = 1000
"""A factor from which on a number without its scaling word is another number."""

Reading = frozenset[Fraction]


@dataclass(frozen=True)
class Number:
    """A number in digits.

    Args:
        text: as written.
        readings: what it can mean.
        bare: those of them that leave out the scaling word after it.
        factor: by which that word multiplies it, if it is certain to.
        quantity: its sign, percent and units.
        twin: whether it repeats the number before it in another unit, in brackets.
        decade: whether it names a decade.
    """

    text: str
    readings: tuple[Reading, ...]
    bare: tuple[Reading, ...] = ()
    factor: int = 1
    quantity: Quantity = field(default_factory=Quantity)
    twin: bool = False
    decade: bool = False

    @cached_property
    def values(self) -> frozenset[Fraction]:
        return frozenset[Fraction]().union(*self.readings)

    @cached_property
    def offered(self) -> frozenset[Fraction]:
        """The values that can be another number's: of a power or a fraction not its parts."""
        if not {"^", "/"} & set(self.text):
            return self.values
        return frozenset[Fraction]().union(*(reading for reading in self.readings if len(reading) == 1))

    @cached_property
    def halved(self) -> bool:
        return self.text.endswith("1/2")

    def found_in(self, values: frozenset[Fraction]) -> bool:
        return any(reading <= values for reading in self.readings)

    def converts_to(self, values: Iterable[Fraction], units: frozenset[str] = frozenset()) -> bool:
        """Whether one of some values, in one of some units or in its metric one, is this number, rounded."""
        ranges = convert(max(self.readings[0]), self.quantity.units, units)
        return any(low <= value <= high for value in values for low, high in ranges)

    @cached_property
    def often_spelled(self) -> bool:
        """Up to twenty, one digit followed by zeros, a simple fraction or a decade: what a style guide may want in words."""
        value = max(self.readings[0])
        if "/" in self.text:
            return value < 1 or not self.halved
        if len(self.readings[0]) > 1 or value.denominator > 1:
            return False
        return self.decade or value <= 20 or (len(str(value).rstrip("0")) == 1 and "^" not in self.text)

    @property
    def short(self) -> bool:
        """Whether a translation that leaves out the figure has a word for it that ICU knows."""
        return self.text.isdigit() and _OBVIOUS < max(self.readings[0]) <= _SHORT

    def scaled_with(self, factors: frozenset[int]) -> "Number":
        """The same, which must keep its scale where the other side has no such scaling word at all."""
        if self.factor < _LARGE or self.factor in factors:
            return self
        return replace(self, readings=self.readings[len(self.bare) :], bare=())


@lru_cache(maxsize=4096)
def numbers(text: str, code: str) -> tuple[Number, ...]:
    """The numbers in digits of a text in a language, in order. Cached: a source has several candidates, and sentences recur."""
    if not written.has_digits(text):
        return ()
    text = written.plain(text)
    point = traits(code).decimal_point
    found: list[Number] = []
    ended, last = -2, 1
    for match in written.NUMBER.finditer(text):
        shown, start, end = match.group(), match.start(), match.end()
        readings = written.readings(shown, cldr.decimal_point(code) if point is None else point)
        bare: list[Reading] = []
        factor = 1
        if after := scale(code).match(text, end):
            factor = factors(code)[after.group(1).lower()]
            scaled = [frozenset(value * factor for value in reading) for reading in readings if len(reading) == 1]
            bare, readings = readings, [*readings, *scaled]
        elif (shared := _SHARED.match(text, end)) and (later := scale(code).match(text, shared.end())):
            common = factors(code)[later.group(1).lower()]  # 30 to 50 thousand
            readings += [frozenset(value * common for value in reading) for reading in readings]
        if code == "en" and not after:
            readings += _english(shown, text, end)
        elif not after and (date := written.date(shown)):
            readings.append(date)
        quantity = quantities.around(text, start, after.end() if after else end, code)
        certain = factor if after and is_certain(after.group(1), code) else 1
        twin = bool(found and _TWIN.search(text[max(0, start - 40) : start]))
        decade = code == "en" and shown.endswith("0") and bool(_DECADE.match(text, end))
        number = Number(shown, tuple(readings), tuple(bare), certain, quantity, twin, decade)
        if 0 <= start - ended <= 1 and last > max(number.readings[-1]):  # 1億2000万
            number = _joined(found.pop(), number)
        found.append(number)
        ended, last = (after.end(), factor) if after else (-2, 1)
    return tuple(found)


def _joined(first: Number, second: Number) -> Number:
    """Two numbers that are one: a hundred million and twenty million."""
    total = max(first.readings[-1]) + max(second.readings[-1])
    apart = first.readings[-1] | second.readings[-1]
    return Number(f"{first.text} {second.text}", (frozenset({total}), apart), (), 1, second.quantity)


def differences(source: str, target: str, code: str) -> tuple[list[str], list[str]]:
    """The numbers in digits that an English source has and its translation has not, and the reverse.

    Numbers that are often spelled out are missing only where the translation has others instead.
    """
    ours, theirs = numbers(source, "en"), numbers(target, code)
    if not ours and not theirs:
        return [], []
    if any(number.factor >= _LARGE for number in (*ours, *theirs)):
        ours, theirs = _with_scales(ours, target, code), _with_scales(theirs, source, "en")
    known = frozenset(spelled(source)).union(*(number.offered if number.halved else number.values for number in ours))
    in_words = words(target, code)
    with_half, unread = halves(target, code)
    known = known.union(value - _HALF for value in with_half if value in known)  # 2 heures et demie
    spelled_out = {Fraction(value) for _, value in in_words}
    figures = frozenset(values(target, traits(code).numerals)).union(with_half, spelled_out)
    found = figures.union(*(number.offered for number in theirs))
    lacking = [
        number
        for number, after in itertools.zip_longest(ours, ours[1:])
        if not (number.found_in(found) or (unread and _has_half(number)))
        and not number.twin
        and not (after and after.twin and after.found_in(found))
    ]
    room = Counter(spelled(source)) + Counter(value for number in ours for value in number.values)
    odd = _unaccounted(theirs, lacking, known, room)
    lost = [number for number in lacking if not _converted(number, theirs, figures)]
    if any(number.short for number in lost):
        odd += [word for word, value in in_words if value > _OBVIOUS and value not in known]
    missing = [number.text for number in lost if not number.often_spelled or odd]
    here, there = ([(each.text, each.values, each.quantity) for each in side] for side in (ours, theirs))
    gone, new = quantities.differences(here, there, source, target, code)
    return missing + gone, odd + new


def _unaccounted(theirs: Sequence[Number], lacking: list[Number], known: Reading, room: Counter[Fraction]) -> list[str]:
    """The numbers of a translation that its source does not have. room: how often the source has each value."""
    odd = []
    for number in theirs:
        accounted = number.found_in(known)
        if accounted and lacking:  # then a number that occurs more often than in the source replaces a lacking one
            accounted = max(room[value] for value in number.values) > 0
            room.subtract(number.values)
        if not accounted and number.text != "00" and not any(_converted(our, [number], ()) for our in lacking):
            odd.append(number.text)
    return odd


def _converted(number: Number, theirs: Sequence[Number], figures: Iterable[Fraction]) -> bool:
    """Whether a translation has a number in another unit."""
    return number.converts_to(figures) or any(number.converts_to(one.values, one.quantity.units) for one in theirs)


def _has_half(number: Number) -> bool:
    return any(len(reading) == 1 and max(reading).denominator == 2 for reading in (*number.bare, *number.readings))


def _with_scales(numbers: Sequence[Number], other: str, code: str) -> tuple[Number, ...]:
    """The numbers, which must keep their scales as far as the language of the other text has words for them."""
    factors_there = present(other, code)
    unknown = frozenset(number.factor for number in numbers) - frozenset(factors(code).values())
    return tuple(number.scaled_with(factors_there | unknown) for number in numbers)


def _english(number: str, text: str, end: int) -> list[Reading]:
    """What a number can become in a translation by what is around it: 8pm, the 19th century, the 1990s, 1950-53."""
    found: list[set[int]] = []
    if half := _HALF_DAY.match(text, end):
        first, *others = (int(part) for part in re.findall(r"\d+", number))
        hour = first % 12 + (12 if half.group(1) in "pP" else 0)
        found += [{hour, *others}, {hour or 24}]
    if number.isdigit() and len(number) <= 4:
        value = int(number)
        if _CENTURY.match(text, end):
            found.append({100 * (value - 1)})
        if len(number) == 4:
            found.append({value % 100})
        if len(number) == 2 and (years := _YEARS.search(text, max(0, end - 12), end)):
            found.append({100 * int(years.group(1)) + value})
        if len(number) in (2, 4) and value % 10 == 0 and _DECADE.match(text, end):
            century = value // 100 or 19
            found += [{value % 100 // 10 + 1}, {100 * century + value % 100}, {century + 1, value % 100}]
    return [frozenset(map(Fraction, values)) for values in found]
