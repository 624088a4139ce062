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

POWERS_KEPT = [
    ("It has 10^23 atoms.", "Es hat 10²³ Atome.", "de"),
    ("It has 10^{23} atoms.", "Hat 10^23 atoma.", "hu"),
    ("It has 10**23 atoms.", "它有10²³个原子。", "zh"),
    ("It has 10<sup>23</sup> atoms.", "Il a 10²³ atomes.", "fr"),
    ("It has 10²³ atoms.", "Es hat 10 hoch 23 Atome.", "de"),
    ("Take 6.02 × 10^23 of them.", "Nimm 6,02·10²³ davon.", "de"),
    ("It weighs 5e-3 kg.", "Es wiegt 5·10⁻³ kg.", "de"),
    ("H2O and CO2 are gases.", "H₂O und CO₂ sind Gase.", "de"),
]
HALVES_KEPT = [
    ("It takes 2.5 hours.", "Es dauert zweieinhalb Stunden.", "de"),
    ("It takes 1.5 hours.", "Es dauert anderthalb Stunden.", "de"),
    ("It takes 2.5 hours.", "Cela prend deux heures et demie.", "fr"),
    ("It takes 2.5 hours.", "Cela prend 2 heures et demie.", "fr"),
    ("It takes 2.5 hours.", "Két és fél óráig tart.", "hu"),
    ("It takes 2.5 hours.", "इसमें ढाई घंटे लगते हैं।", "hi"),
    ("It takes 3.5 hours.", "इसमें साढ़े तीन घंटे लगते हैं।", "hi"),
    ("It takes 2.5 hours.", "需要两个半小时。", "zh"),
    ("It takes 2.5 hours.", "İki buçuk saat sürer.", "tr"),
    ("It takes 2.5 hours.", "Se kestää kaksi ja puoli tuntia.", "fi"),
    ("It takes 2.5 hours.", "Es dauert 2½ Stunden.", "de"),
    ("It takes 2½ hours.", "Es dauert 2,5 Stunden.", "de"),
    ("It takes two and a half hours.", "Es dauert 2,5 Stunden.", "de"),
    ("It takes 150 minutes.", "Es dauert 2,5 Stunden.", "de"),
    ("1.5 million people came.", "Anderthalb Millionen Menschen kamen.", "de"),
    ("Add 0.5 liters.", "Gib einen halben Liter dazu.", "de"),
    ("Add 1/2 cup and 3/4 cup.", "Gib ½ Tasse und ¾ Tasse dazu.", "de"),
]
SIGNS_KEPT = [
    ("It was -12 degrees.", "Es waren −12 Grad.", "de"),
    ("It was -12 degrees.", "Es waren minus 12 Grad.", "de"),
    ("It was -12 degrees.", "Es waren 12 Grad unter null.", "de"),
    ("It was minus 12 degrees.", "Es waren –12 Grad.", "de"),
    ("It was 12 degrees below zero.", "-12 fok volt.", "hu"),
    ("It was -12 degrees.", "气温是零下12度。", "zh"),
    ("It was -12 degrees.", "शून्य से 12 डिग्री नीचे था।", "hi"),
    ("At least 12 came.", "Au moins 12 sont venus.", "fr"),
    ("From 10-12 to 5-3.", "Von 10–12 bis 5–3.", "de"),
]
UNITS_KEPT = [
    ("It is 12 miles away.", "Es ist 19 km entfernt.", "de"),
    ("It is 12 km away.", "Sinne on 7,5 mailia.", "fi"),
    ("It is 12 miles away.", "12 mérföldre van.", "hu"),
    ("It was 77 °F.", "Es waren 25 °C.", "de"),
    ("It cost $5.", "Es kostete 5 US-Dollar.", "de"),
    ("It cost £5 million.", "Es kostete 5 Millionen Pfund.", "de"),
    ("A flat of 25 m².", "Eine Wohnung von 25 Quadratmetern.", "de"),
    ("Run 100 m below it.", "Lauf 100 Meter darunter.", "de"),
    ("It rose by 5 percent.", "Es stieg um 5 %.", "de"),
    ("It rose by 5 %.", "Es stieg um 5 Prozent.", "de"),
    ("It rose by 5%.", "Yüzde 5 arttı.", "tr"),
    ("It rose by 5%.", "上涨了百分之5。", "zh"),
    ("Between 5 and 7 percent.", "Zwischen 5 % und 7 %.", "de"),
    ("From 5% to 7%.", "Von 5 bis 7 %.", "de"),
]
SCALES_KEPT = [
    ("5 million people.", "5百万人。", "zh"),
    ("120 million people.", "1亿2000万人。", "zh"),
    ("From 30 to 50 thousand people.", "30.000 bis 50.000 Menschen.", "de"),
    ("3 lakh people.", "3 लाख लोग।", "hi"),
    ("30 million people.", "3000만 명.", "ko"),
    ("4.2 billion people.", "4 200 millones de personas.", "es"),
    ("250,000 people.", "25万人。", "ja"),
    ("7 million people.", "7 миллионов человек.", "ru"),
]
POWERS_LOST = [
    ("It has 10^23 atoms.", "Es hat 10²² Atome.", "de"),
    ("It has 10^23 atoms.", "Es hat 1023 Atome.", "de"),
    ("It has 10^-3 moles.", "Es hat 10³ Mol.", "de"),
    ("It has 10^6 atoms.", "它有10⁵个原子。", "zh"),
]
HALVES_LOST = [
    ("It takes 2.5 hours.", "Es dauert dreieinhalb Stunden.", "de"),
    ("It takes 2.5 hours.", "Cela prend 3 heures et demie.", "fr"),
    ("It takes 2.5 hours.", "Es dauert 25 Stunden.", "de"),
    ("It takes 2½ hours.", "Es dauert 2 Stunden.", "de"),
    ("Add 1/2 cup.", "Gib 1/3 Tasse dazu.", "de"),
    ("They have 12 dogs.", "Sie haben dreizehn Hunde.", "de"),
]
SIGNS_LOST = [
    ("It was -12 degrees.", "Es waren 12 Grad.", "de"),
    ("It was 12 degrees.", "Es waren -12 Grad.", "de"),
    ("It was minus 5 °C.", "Il faisait 5 °C.", "fr"),
    ("It was −5 degrees.", "气温是5度。", "zh"),
]
UNITS_LOST = [
    ("It is 12 km away.", "Es ist 12 Meilen entfernt.", "de"),
    ("It is 12 miles away.", "12 km-re van.", "hu"),
    ("It is 12 miles away.", "Es ist 19 Meilen entfernt.", "de"),
    ("It is 12 km away.", "距离12英里。", "zh"),
    ("It weighs 5 kg.", "Es wiegt 5 Pfund.", "de"),
    ("It was 20 °C.", "Es waren 20 °F.", "de"),
    ("It was 77 °F.", "Es waren 35 °C.", "de"),
    ("It cost $5.", "Es kostete 5 €.", "de"),
    ("It takes 3 hours.", "需要3分钟。", "zh"),
    ("It rose by 5 %.", "Es stieg um 5.", "de"),
    ("It rose by 5.", "Es stieg um 5 %.", "de"),
]
SCALES_LOST = [
    ("5 million people.", "5 Milliarden Menschen.", "de"),
    ("5 million people.", "5 Menschen.", "de"),
    ("5 people.", "5 Millionen Menschen.", "de"),
    ("1.5 million people.", "1.5亿人。", "zh"),
    ("5 million people.", "5 billones de personas.", "es"),
    ("3 lakh people.", "3 करोड़ लोग।", "hi"),
]
KEPT += POWERS_KEPT + HALVES_KEPT + SIGNS_KEPT + UNITS_KEPT + SCALES_KEPT
LOST += POWERS_LOST + HALVES_LOST + SIGNS_LOST + UNITS_LOST + SCALES_LOST


@pytest.mark.parametrize(("source", "target", "code"), KEPT, ids=lambda value: value[:24])
def test_numbers_that_mean_the_same_are_kept(source: str, target: str, code: str) -> None:
    assert differences(source, target, code) == ([], [])


@pytest.mark.parametrize(("source", "target", "code"), LOST, ids=lambda value: value[:24])
def test_numbers_that_do_not_are_found(source: str, target: str, code: str) -> None:
    assert differences(source, target, code) != ([], [])


def test_what_differs_is_named() -> None:
    assert differences("It is 12 km away.", "Es ist 12 Meilen entfernt.", "de") == (["12 kilometre"], ["12 mile"])
    assert differences("It rose by 5 %.", "Es stieg um 5.", "de") == (["5 %"], ["5"])
    assert differences("It was -12 degrees.", "Es waren 12 Grad.", "de") == (["-12"], ["12"])


def test_the_difference_is_named() -> None:
    assert differences("In 1987 it had 45 rooms.", "1987 hatte es 54 Zimmer.", "de") == (["45"], ["54"])


@pytest.mark.parametrize("text", ["9" * 100_000, "1." * 100_000, "million " * 20_000, "万" * 50_000, "² ½ ① ٣"])
def test_hostile_numbers_end(text: str) -> None:
    differences(text, text, "zh")
