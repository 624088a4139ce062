"""Personal data in texts: e-mail addresses, payment cards and bank accounts, national identity numbers, telephone numbers.

A pattern finds candidates and a library decides: `email-validator`, `python-stdnum` (check digits, dates of birth) and `phonenumbers`.
Digits by themselves are dates, prices and ISBNs far more often than they are personal data. So a number counts only where its form is that
of one kind alone, or where the words before it name the kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib import import_module
from itertools import pairwise

import numpy as np
import polars as pl
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberMatcher
from stdnum import iban, luhn

Spans = Iterator[tuple[int, int]]

_MAYBE = r"@|\d(?:[ ()./\x{a0}-]{0,3}\d){6}|[A-Z]{4}\d{6}|[A-Z]{6}\d\d"
"""In every text that holds any of them; all other texts are left alone, which saves most of the time."""

_NAME = "A-Za-z0-9À-ɏ"
_EMAIL = re.compile(
    rf"(?<![{_NAME}_/@%+-])[{_NAME}_][{_NAME}_.%+-]{{0,63}}+@(?!\dx\.|\d+\.\d)(?:[{_NAME}-]{{1,63}}+\.)+[A-Za-z]{{2,24}}+"
    rf"(?![{_NAME}_(-]|\.[A-Za-z]|:[\w/~])"
)
"""Not `logo@2x.png`, `lodash@4.17.21`, `git@github.com:user/repository` or `a@b.transpose()`."""

_CARD = re.compile(
    r"(?<![\w.,-])(?:(?:4\d{3}|5[1-5]\d\d|2[2-7]\d\d|6\d{3}|35\d\d)([ -]?)\d{4}\1\d{4}\1\d{4}|3[47]\d\d([ -]?)\d{6}\2\d{5}"
    r"|3[0689]\d\d([ -]?)\d{6}\3\d{4})(?![\w-]|[.,]\d)"
)
_IBAN = re.compile(r"(?<![\w-])[A-Z]{2}\d\d(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![\w-])")

_IDS = (
    *("at.vnr", "au.tfn", "be.nn", "bg.egn", "br.cpf", "ca.sin", "ch.ssn", "cl.rut", "cn.ric"),
    *("cz.rc", "de.idnr", "do.cedula", "ec.ci", "ee.ik", "es.dni", "es.nie", "fi.hetu", "fr.nir"),
    *("gb.nhs", "gb.utr", "gr.amka", "hr.oib", "ie.pps", "il.idnr", "in_.aadhaar", "is_.kennitala", "it.codicefiscale"),
    *("jp.in_", "kr.rrn", "lt.asmens", "mx.curp", "my.nric", "nl.bsn", "no.fodselsnummer", "pk.cnic", "pl.pesel"),
    *(
        "pt.cc",
        "ro.cnp",
        "se.personnummer",
        "si.emso",
        "th.pin",
        "tr.tckimlik",
        "ua.rntrc",
        "us.itin",
        "us.ssn",
        "za.idnr",
    ),
)
"""Modules of `stdnum`, for numbers that persons have."""
_OWN_FORM = {
    "br.cpf": r"\d{3}\.\d{3}\.\d{3}-\d\d",
    "ch.ssn": r"756\.\d{4}\.\d{4}\.\d\d",
    "cn.ric": r"\d{17}[\dX]",
    "fi.hetu": r"\d{6}[-+A]\d{3}[0-9A-Y]",
    "fr.nir": r"[12] \d\d \d\d \d[\dAB] \d{3} \d{3} \d\d",
    "it.codicefiscale": r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]",
    "kr.rrn": r"\d{6}-\d{7}",
    "mx.curp": r"[A-Z]{4}\d{6}[HMX][A-Z]{5}[A-Z0-9]\d",
    "se.personnummer": r"\d{6}[-+]\d{4}",
    "us.ssn": r"\d{3}-\d\d-\d{4}",
}
"""Numbers that no other kind of number looks like."""
_SHAPED = {name: re.compile(rf"(?<![\w.,-]){form}(?![\w-]|[.,]\d)") for name, form in _OWN_FORM.items()}
_LINK = (
    r"(?:[\s:#=№º°.]|\((?!\+?\d)|\b(?:numbers?|num|no|nr|nummer|número|numéro|code|card|id|is|was|ist|est|es|of|the|my|with"
    r"|us|me|at|on|or)\b){0,20}"
)
"""What may stand between the word for a number and the number."""
_NAMED_ID = re.compile(
    r"(?i)\b(?:national id|id (?:card|number|no)|identity|(?<!vehicle )identification|personal (?:id|code|number|identity)"
    r"|social (?:security|insurance)|national insurance|tax(?:payer)? (?:id|file|reference|identification)|ssn|itin|sin|nhs|pps"
    r"|tfn|utr|steuer-?id\w*|idnr|sozialversicherungs\w+|dni|nie|cpf|rut|curp|cédula|cedula|cartão de cidadão|codice fiscale"
    r"|numéro de sécurité sociale|bsn|burgerservicenummer|pesel|cnp|egn|oib|emšo|amka|hetu|henkilötunnus|personnummer"
    r"|fødselsnummer|kennitala|rodné číslo|isikukood|asmens kod\w+|t\.?c\.? kimlik|tckn|aadhaar|nric|cnic|rrn|my number"
    r"|身份证号?码?|マイナンバー|주민등록번호)" + _LINK + r"(?=[A-Z]{0,6}-?\d)"
)
_ID = re.compile(r"[A-Z0-9](?:[./ -]?[A-Z0-9]){6,20}(?![\w-])")

_REGIONS = (
    *("US", "GB", "IE", "AU", "NZ", "ZA", "IN", "DE", "AT", "CH", "FR", "ES", "IT", "PT", "BR", "MX"),
    *("NL", "BE", "PL", "HU", "CZ", "RO", "FI", "SE", "LT", "GR", "TR", "RU", "UA", "IL", "JP", "KR", "CN"),
)
"""Where a number without a country code may be from. Denmark's and Norway's look like dates."""
_LONGEST_PHONE = 40
_NUMBERED = re.compile(
    r"(?i)\(?\+(?=\(?\d)|(?:\b(?:tele?(?:ph|f)\w+|tel|phone|fax|mobile|cell(?:phone)?|call|dial|text|hotline|whats ?app|sms"
    r"|handy|mobil|móvil|téléphone|teléfono|téléc?|puhelin|guthán|fón|тел(?:ефон)?|τηλ(?:έφωνο)?|फ़?ोन)\b|[☎📞📱]|电话|電話|手机|전화"
    r"|\[phone\][\s,;/&]*)" + _LINK + r"(?=\(?\d\d|\(0|1[-. ]|8[- ])"
)
"""Where a telephone number may begin: at its plus, or after a word for telephone."""
_NORTH_AMERICAN = re.compile(
    r"(?<![\w.-])(?:\+?1[-. ])?(?:\(\d{3}\) ?|[2-9]\d\d[-.])[2-9]\d\d[-.]\d{4}(?!\w|[-.]\d)"
    r"|(?<!\w)(?:\+?1[-. ])?\(\d{3}\) ?\d{3}-\d{4}(?!\d)"
)


def _emails(text: str) -> Spans:
    for match in _EMAIL.finditer(text):
        try:
            validate_email(match[0], check_deliverability=False)
        except EmailNotValidError:
            continue
        yield match.span()


def _cards(text: str) -> Spans:
    for match in _CARD.finditer(text):
        if luhn.is_valid(re.sub("[ -]", "", match[0])):
            yield match.span()
    for match in _IBAN.finditer(text):
        if end := _longest(match[0], iban.is_valid):
            yield match.start(), match.start() + end


def _ids(text: str) -> Spans:
    for name, form in _SHAPED.items():
        yield from (match.span() for match in form.finditer(text) if _valid(name, match[0]))
    for word in _NAMED_ID.finditer(text):
        if match := _ID.match(text, word.end()):
            end = _longest(match[0], lambda number: any(_valid(name, number) for name in _IDS))
            if end:
                yield word.end(), word.end() + end


def _valid(name: str, number: str) -> bool:
    try:
        return bool(import_module(f"stdnum.{name}").is_valid(number))
    except Exception:  # some modules raise KeyError or ValueError on what they do not expect
        return False


def _longest(text: str, valid: Callable[[str], bool]) -> int:
    """How many characters of a text are valid, where words after the number may have been taken for a part of it; 0 if none are."""
    ends = [len(text), *(place for place in range(len(text) - 1, 0, -1) if text[place] == " ")]
    return next((end for end in ends if valid(text[:end])), 0)


def _phones(text: str) -> Spans:
    for start in _NUMBERED.finditer(text):
        coded = start[0].endswith("+")
        at = start.start() if coded else start.end()
        regions: tuple[str | None, ...] = (None,) if coded else _REGIONS
        found = [_first_phone(text[at : at + _LONGEST_PHONE], region) for region in regions]
        yield from ((at + begin, at + end) for begin, end in found if end)
    yield from (match.span() for match in _NORTH_AMERICAN.finditer(text))


KINDS: dict[str, Callable[[str], Spans]] = {"email": _emails, "card": _cards, "id": _ids, "phone": _phones}
"""Kind, as masks and metrics name it, and what finds it. A mask hides what it covers from the kinds after it."""


def _first_phone(text: str, region: str | None) -> tuple[int, int]:
    """Where the number that a text begins with is, perhaps after a bracket; (0, 0) for none. `+48.858370` is a degree of latitude."""
    match = next(iter(PhoneNumberMatcher(text, region)), None)
    if match is None or match.start > text.startswith("(") or re.fullmatch(r"\+\d+\.\d+", match.raw_string):
        return 0, 0
    brackets = match.raw_string.count("(") - match.raw_string.count(")")
    return match.start + max(brackets, 0), match.end


def masked(texts: pl.Series) -> tuple[pl.Series, pl.DataFrame]:
    """The texts with each find replaced by `[kind]`, and for each text how many finds of each kind there are. Null stays null."""
    places = texts.str.contains(_MAYBE).fill_null(False).arg_true()
    counts = np.zeros((len(texts), len(KINDS)), dtype=np.int64)
    changed = [_masked(text, counts[place]) for place, text in zip(places, texts.gather(places), strict=True)]
    frame = pl.DataFrame(counts, schema=list(KINDS))
    return texts.clone().scatter(places, changed) if changed else texts, frame


def _masked(text: str, counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    for column, (kind, find) in enumerate(KINDS.items()):
        while spans := _apart(find(text)):  # once more: a number can follow another one after a comma
            cuts = [0, *(place for span in spans for place in span), len(text)]
            kept = [text[start:end] for start, end in list(pairwise(cuts))[::2]]
            text = f"[{kind}]".join(kept)
            counts[column] += len(spans)
    return text


def _apart(spans: Spans) -> list[tuple[int, int]]:
    """In order, without those that overlap an earlier one."""
    kept: list[tuple[int, int]] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not kept or start >= kept[-1][1]:
            kept.append((start, end))
    return kept
