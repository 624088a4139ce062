"""Numbers are compared by what they mean, however either language writes them."""

from __future__ import annotations

import pytest

from xlforge.checks.numbers import differences

KEPT = [
    ("It cost 1,234.5 crowns.", "Es kostete 1.234,5 Kronen.", "de"),
    ("It cost 1,234.5 crowns.", "Cela coûtait 1\u202f234,5 couronnes.", "fr"),
    ("It has 3,000 rooms.", "Turi 3 000 kambarių.", "lt"),
    ("It has 3,000 rooms.", "3000 szobája van.", "hu"),
    ("It has 1,234,567 words.", "इसमें 12,34,567 शब्द हैं।", "hi"),
    ("In 1987 it had 45 rooms.", "१९८७ में इसमें ४५ कमरे थे।", "hi"),
    ("A £125m deal.", "Ein Geschäft über 125 Mio. Pfund.", "de"),
    ("A £125m deal.", "1.25亿英镑的交易。", "zh"),
    ("10,000 people came.", "来了1万人。", "zh"),
    ("10,000 people came.", "来了一万人。", "zh"),
    ("A $2.8bn market.", "Um mercado de 2,8 mil milhões de dólares.", "pt"),
    ("500,000 people live there.", "वहाँ 5 लाख लोग रहते हैं।", "hi"),
    ("Half a million people live there.", "Dort leben 500.000 Menschen.", "de"),
    ("Seventy-two people live there.", "Dort leben 72 Menschen.", "de"),
    ("Two hundred and thirty thousand people.", "230 000 ihmistä.", "fi"),
    ("It opens at 8pm.", "Sie öffnet um 20 Uhr.", "de"),
    ("It opens at 8:30 p.m.", "Se avataan klo 20.30.", "fi"),
    ("It opens at 9.15 a.m.", "Ouvre à 9 h 15.", "fr"),
    ("It closes at 12:15 am.", "0.15-kor zár.", "hu"),
    ("It was built in the 19th century.", "Se rakennettiin 1800-luvulla.", "fi"),
    ("It was popular in the 1970s.", "A 70-es években volt népszerű.", "hu"),
    ("It was popular in the 1990s.", "它在20世纪90年代很流行。", "zh"),
    ("On September 30, 2018.", "30.9.2018.", "fi"),
    ("On September 30, 2018.", "2018年9月30日。", "zh"),
    ("The 1950-53 war.", "Der Krieg von 1950 bis 1953.", "de"),
    ("World War II ended.", "2. Dünya Savaşı bitti.", "tr"),
    ("It is 45 miles (72 kilometers) away.", "Es ist 72 km entfernt.", "de"),
    ("It is 45 miles away.", "Es ist etwa 70 km entfernt.", "de"),
    ("It was 80 degrees outside.", "Draußen waren es 27 Grad.", "de"),
    ("They have 3 dogs.", "Sie haben drei Hunde.", "de"),
    ("16 percent of 100.", "16 % von 100.", "de"),
    ("Version 2.0 is here.", "Version 2.0 ist da.", "de"),
    ("Super Bowl XLIX and chapter XIV.", "第 49 届超级碗和第 14 章。", "zh"),
    ("A total of 162 584 mln euros.", "总共1625.84亿欧元。", "zh"),
    ("It was quiet in the 1980s.", "Es war still in den Achtzigern.", "de"),
    ("An hour later.", "1个小时后。", "zh"),
]
LOST = [
    ("In 1987 it had 45 rooms.", "1978 hatte es 45 Zimmer.", "de"),
    ("In 1987 it had 45 rooms.", "१९८७ में इसमें ४६ कमरे थे।", "hi"),
    ("It cost 1,234.5 crowns.", "Es kostete 1.234,6 Kronen.", "de"),
    ("It has 3,000 rooms.", "Es hat 300 Zimmer.", "de"),
    ("A £125m deal.", "1.35亿英镑的交易。", "zh"),
    ("A £125m deal.", "Ein Geschäft über 125.000 Pfund.", "de"),
    ("They have 3 dogs.", "Sie haben 4 Hunde.", "de"),
    ("Seventy-two people.", "73 Menschen.", "de"),
    ("It opens at 8pm.", "Sie öffnet um 21 Uhr.", "de"),
    ("It has 45 rooms.", "Es hat viele Zimmer.", "de"),
    ("It has rooms.", "Es hat 45 Zimmer.", "de"),
    ("13 then, 18 now.", "18 damals, 18 jetzt.", "de"),
    ("The score was 2.5 to 3.5.", "Es stand 2,5 zu 2,5.", "de"),
    ("It is 45 miles away.", "Es ist etwa 90 km entfernt.", "de"),
]


@pytest.mark.parametrize(("source", "target", "code"), KEPT, ids=lambda value: value[:24])
def test_numbers_that_mean_the_same_are_kept(source: str, target: str, code: str) -> None:
    assert differences(source, target, code) == ([], [])


@pytest.mark.parametrize(("source", "target", "code"), LOST, ids=lambda value: value[:24])
def test_numbers_that_do_not_are_found(source: str, target: str, code: str) -> None:
    assert differences(source, target, code) != ([], [])


def test_the_difference_is_named() -> None:
    assert differences("In 1987 it had 45 rooms.", "1987 hatte es 54 Zimmer.", "de") == (["45"], ["54"])


@pytest.mark.parametrize("text", ["9" * 100_000, "1." * 100_000, "million " * 20_000, "万" * 50_000, "² ½ ① ٣"])
def test_hostile_numbers_end(text: str) -> None:
    differences(text, text, "zh")
