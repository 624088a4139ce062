# ruff: noqa: E501
"""Own sentences with personal data, each with what masking leaves of it, and tricky ones without. The numbers are examples of the
authorities and of the libraries, or belong to nobody.
"""

from __future__ import annotations

WITH = {
    # e-mail addresses
    "Write to jane.doe@example.com before Friday.": "Write to [email] before Friday.",
    "Contact: <info@museum.example.org>, or come by.": "Contact: <[email]>, or come by.",
    "mailto:first.last+news@sub.example.co.uk": "mailto:[email]",
    "Questions (o'connor@example.ie) are welcome.": "Questions (o'[email]) are welcome.",
    "E-mail:anna_b@example.net.": "E-mail:[email].",
    "Schreiben Sie an jörg@müller.example.": "Schreiben Sie an [email].",
    "Escríbenos a consultas@ejemplo.es; contestamos pronto.": "Escríbenos a [email]; contestamos pronto.",
    "请联系jane@example.cn谢谢": "请联系[email]谢谢",
    "Írjon a kovacs.peter@pelda.hu címre.": "Írjon a [email] címre.",
    "a@example.com, b@example.com and c@example.com": "[email], [email] and [email]",
    'The list holds "x1@example.com" twice.': 'The list holds "[email]" twice.',
    "JANE.DOE@EXAMPLE.COM wrote it in capitals.": "[email] wrote it in capitals.",
    # telephone numbers with a country code
    "Call +44 20 7946 0958 between nine and five.": "Call [phone] between nine and five.",
    "Ring +1-202-555-0173!": "Ring [phone]!",
    "Reach us at +1 (555) 123-4567 any time.": "Reach us at [phone] any time.",
    "+353 1 677 6000 is the office.": "[phone] is the office.",
    "Telefon: +49 30 901820": "Telefon: [phone]",
    "Tél. : +33 (0)1 42 68 53 00": "Tél. : [phone]",
    "Hívja a +36 1 268 2000 számot.": "Hívja a [phone] számot.",
    "Glaoigh ar +353 87 123 4567 anocht.": "Glaoigh ar [phone] anocht.",
    "मुझे +91 98765 43210 पर फ़ोन करें।": "मुझे [phone] पर फ़ोन करें।",
    "请拨打+86 138 0013 8000联系我们": "请拨打[phone]联系我们",
    "Soita +358 9 310 1691.": "Soita [phone].",
    "(+48) 22 694 60 00 (+44 20 7946 0958)": "[phone] ([phone])",
    "A 212-736-5000-as telefonszámon (hétköznap).": "A [phone]-as telefonszámon (hétköznap).",
    # telephone numbers without one
    "Call 020 7946 0958 for a table.": "Call [phone] for a table.",
    "Phone: (030) 901820": "Phone: [phone]",
    "Tel. 01 42 68 53 00 or 06 12 34 56 78": "Tel. [phone] or [phone]",
    "Her mobile number is 07911 123456.": "Her mobile number is [phone].",
    "My phone is 212-736-5000, ask for Ann.": "My phone is [phone], ask for Ann.",
    "Text me on 415.736.5000": "Text me on [phone]",
    "The school (555) 123-4567 is closed.": "The school [phone] is closed.",
    "Dial 1-800-736-5000 toll-free.": "Dial [phone] toll-free.",
    "Telefon: 030 901820, Fax: 030 901821": "Telefon: [phone], Fax: [phone]",
    "Teléfono: 912 345 678": "Teléfono: [phone]",
    "Fax no. 01632 960983": "Fax no. [phone]",
    "Guthán: 01 677 6000": "Guthán: [phone]",
    "Telefonszám: 06 1 268 2000": "Telefonszám: [phone]",
    "Телефон: 8 495 123-45-67": "Телефон: [phone]",
    "☎ 020 7946 0958": "☎ [phone]",
    "WhatsApp: 98765 43210": "WhatsApp: [phone]",
    # cards and accounts
    "He paid with 4111 1111 1111 1111 yesterday.": "He paid with [card] yesterday.",
    "Card: 5555555555554444": "Card: [card]",
    "Amex 3782 822463 10005 expires soon.": "Amex [card] expires soon.",
    "Use 6011-1111-1111-1117 for the test.": "Use [card] for the test.",
    "JCB 3530111333300000": "JCB [card]",
    "IBAN DE89 3704 0044 0532 0130 00 BANK": "IBAN [card] BANK",
    "Please transfer it to GB29NWBK60161331926819 today.": "Please transfer it to [card] today.",
    "FR14 2004 1010 0505 0001 3M02 606": "[card]",
    "HU42 1177 3016 1111 1018 0000 0000, thank you": "[card], thank you",
    "IE29 AIBK 9311 5212 3456 78": "[card]",
    # identity numbers in a form of their own
    "Her number was 536-90-4399, as the file shows.": "Her number was [id], as the file shows.",
    "CPF 390.533.447-05": "CPF [id]",
    "RCCMNL83S18D969H is on the form.": "[id] is on the form.",
    "The record BOXW310820HNERXN09 is old.": "The record [id] is old.",
    "AHV 756.9217.0769.85": "AHV [id]",
    "She is 131052-308T in the register.": "She is [id] in the register.",
    "身份证号360426199101010071": "身份证号[id]",
    "880320-0016 is hers.": "[id] is hers.",
    "2 95 10 99 126 111 93": "[id]",
    # identity numbers after a word for them
    "PESEL: 44051401359": "PESEL: [id]",
    "His social security number is 536904399.": "His social security number is [id].",
    "Steuer-ID 36 574 261 809": "Steuer-ID [id]",
    "DNI 54362315K": "DNI [id]",
    "NIE: X-2482300-W": "NIE: [id]",
    "BSN 111222333": "BSN [id]",
    "My PPS number is 6433435F.": "My PPS number is [id].",
    "NHS number 943 476 5870": "NHS number [id]",
    "Aadhaar 2341 2341 2346": "Aadhaar [id]",
    "T.C. Kimlik No: 17291716060": "T.C. Kimlik No: [id]",
    "asmens kodas 33309240064": "asmens kodas [id]",
    "ID card no. 10101010005": "ID card no. [id]",
    "tax file number 123 456 782": "tax file number [id]",
    # several kinds
    "Ann, +44 20 7946 0958, ann@example.com": "Ann, [phone], [email]",
    "IBAN DE89370400440532013000, phone 030 901820": "IBAN [card], phone [phone]",
}
"""Text → the text with masks."""

WITHOUT = [
    # books, articles, standards
    "ISBN 978-0-306-40615-7 is the paperback.", "ISBN: 9780306406157", "ISBN 0-306-40615-2", "ISSN 0378-5955", "doi:10.1000/182.4567890", "arXiv:1706.03762v5",
    "QA76.73.P98 is the call number.", "Call number 823.914 is on the second floor.", "ISO 9001:2015 replaced ISO 9001:2008.", "RFC 5322 and RFC 6530", "pp. 1234-1267, vol. 12(4), 1143-1168",
    "PMID 12345678901 is no such article.",
    # years, dates, times
    "He reigned 1914-1918 and 1939-1945.", "Between 1990-2000, 2001-2010 and 2011-2020.", "On 2019-11-22 at 14:30:00.", "2023-12-08,2023-12-09,2023-12-10", "22.11.2019 and 23.11.2019", "11/22/2019 10:15",
    "20191122T143000Z", "20191122143000", "Call on 2019-11-22 if you can.", "The phone of 2007-2008 sold well.", "Timestamp 1574433000", "Call at 10:30 on 12.05.2021.", "UTC+01:00", "Born 05.07.1985, died 12.09.2003",
    # coordinates and measures
    "48.858370, 2.294481", "+48.858370, +2.294481", "40°41'21.0\"N 74°02'40.2\"W", "+40.689200 -74.044500", "The mass is 5.9722e+24 kg.", "299 792 458 m/s", "1.616255e-35 m", "It weighs 11200-9.1 tons.",
    # populations, prices, quantities
    "The population was 1 412 600 000 in 2021.", "1,234,567,890 people", "It cost $1,234,567.89 in 2019.", "€ 12.345.678,90", "USD 10 000 000", "From 700-1000 to 1500-2000 mg a day", "Phone sales reached 912,345,678 units.", "1000000000000",
    # mathematics
    "3.141592653589793", "3.14159265358979323846", "2^53 = 9007199254740992", "2^52 = 4503599627370496", "18! = 6402373705728000", "19! is 121645100408832000", "3^19 = 1162261467", "1 + 1 = 2 and 123456 + 654321 = 777777", "0.4111111111111111",
    "(123) 456 - 789 = 0", "5-4-3-2-1", "x = (-12 + 144) / 2", "\\( 7469 - 6400 = 1069 \\)", "1/3 = 0.3333333333333333", "123456789 is divisible by nine.",
    # software
    "version 10.0.19045.3803", "Windows Phone 7.10.8858.136", "Android 4.4.4.2", "192.168.100.200", "255.255.255.0", "fe80::1ff:fe23:4567:890a", "npm install lodash@4.17.21", "npm i @types/node@20.1.0", "git clone git@github.com:user/repository.git",
    "scp user@server.example.com:~/notes.txt .", "logo@2x.png and logo@3x.png", "c = a@b.transpose()", "@decorator_name", "@font-face { src: url(a.woff2) }", "uses: actions/checkout@v3", "user@localhost", "https://example.com/@48.85,2.29,12z", "#4111aa and #1234567",
    "550e8400-e29b-41d4-a716-446655440000", "sha256:916054db6df43d7f296bd43b0f5b8700", "0x4111111111111111", "https://example.com/a/1049355/1234567", "def f(x=1234567890): return x", "port 8080, 5432, 6379", "d41d8cd98f00b204e9800998ecf8427e",
    "INSERT INTO t VALUES (4111, 1111, 1111, 1111);",
    # other numbers
    "EAN 4006381333931", "CAS 7732-18-5 is water.", "The vehicle identification number 1HGCM82633A004352", "Flight LH 1234-5678", "Order 4711-0815-4711", "Part no. 415-02-88013", "Route 66, exit 123-456", "Bus 12 34 56 78", "NGC 1976 and HD 209458 b", "Score 21-19 19-21 21-17",
    "Psalm 119:105-112", "Opus 27, No. 2, bars 1-60", "U.S. Patent No. 6,285,999", "Patent US6285999B1", "VAT DE136695976", "Zip code 94103-1234", "Tail number N12345", "Case 12-3456789", "Sudoku: 123456789 987654321", "The serial number is 123-45-678.",
    "Emergency? Call 112, 911 or 999.", "Text 60777 to donate.", "The telephone was patented in 1876 under No. 174465.", "Telephone exchanges handled 12 000 000 calls in 1910.", "Mobile games earned 85,200,000,000 dollars in 2020.", "Identity 1 = 1 holds.", "The identity 1234567 = 127 * 9721 is easy to check.",
    "The tax identification system of 1995-2005 failed.", "ID 42", "Product ID 4006381333931", "Card 12 of 52", "IBAN has up to 34 characters.", "GB29 is no whole account number.",
    # other languages
    "Die Stadt hat 1.234.567 Einwohner (Stand 2019-2020).", "Das Buch (ISBN 978-3-16-148410-0) kostet 12,90 €.", "La guerre de 1914-1918 fit 18 600 000 morts.", "A város lakossága 1 752 286 fő.", "Daonra 1 173 179 i 2016-2022.", "人口为1412600000，面积9600000平方公里。", "भारत की जनसंख्या 1,380,004,385 है।",
    "Население 146 748 590 человек (2020-2021).", "Väkiluku 5 533 793 (2020-12-31).", "El 12-05-2021 a las 10:30.",
]  # fmt: skip
"""Texts that must stay as they are."""
