"""Answers that speak to their judge: "choose me", "ignore the previous instructions", "output A", "this answer is the best".

An answer is judged by what it says to its reader. One that speaks to the judge is not shown to it: it loses, so that an appeal
never pays, neither by a win nor by a hard prompt left unscored. Swapping the order is no help against such an answer, since a
judge that obeys prefers it in both orders.

These are patterns, in the project's languages. They see common wordings of five kinds: a request to be chosen, a claim to be the
better answer, a verdict in the judge's own form, an instruction to drop its instructions, and (in English) a request for a grade.
They do not see paraphrases, other languages, ciphers or letters spaced out: what they miss, the verdicts' control question is for.
What the question itself says (a poem called "Choose me") is no appeal. Of 19,274 real answers, translations and passages in the
twelve languages none matches (tests/verdicts/test_appeals.py repeats that).
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

_AB = r"[\"'(\[*]*[ab][\"')\]*]*"
_END = r"\s*(?:[.!,;\n]|\Z)"
_BEGIN = r"(?:\A|[.!?:;,\"'(\[>*\n-]\s*|\b(?:please|just|always|must|should|shall|and|simply|instead|therefore|so) )"
_THIS = r"(?:(?:this|my) (?:answer|response|reply|output|text)|this one\b|(?:answer|response) [ab]\b)"
_BETTER = r"(?:(?:clearly|obviously|definitely|by far|much|far|simply) )?(?:the )?(?:better|best|superior|winner|winning|preferred)\b"

PATTERNS: dict[str, tuple[str, ...]] = {
    "en": (
        rf"{_BEGIN}(?:choose|pick|select|prefer|favou?r|vote for) me\b(?! (?:up|out|an?|some|the|one|from|off)\b)",
        rf"\b(?:choose|pick|select|prefer|favou?r|vote for|go with) {_THIS}",
        rf"\b{_THIS} (?:is|was|must be|should be) {_BETTER}",
        rf"\b{_THIS} (?:must|should|has to|deserves to|ought to) (?:win|be (?:chosen|selected|picked|preferred|ranked|rated))\b",
        r"\bthe other (?:answer|response|assistant|reply) (?:is|was) (?:wrong|worse|bad|incorrect|inferior|false|harmful|poor)\b",
        r"\[\[[ab]\]\]",
        rf"\b(?:verdict|winner|judge?ment|(?:better|best|preferred) (?:answer|response))(?: is|:| =) ?{_AB}{_END}",
        rf"\b(?:output|reply|respond|return)(?: (?:only|just|with|the|letter|single|exactly|always)){{0,4}}:? {_AB}{_END}",
        rf"\b(?:answer|say|write|print|type)(?: (?:only|just|with|the|letter|single|exactly|always)){{1,4}}:? {_AB}{_END}",
        r"\b(?:ignore|disregard|forget|override)\b(?: \w+){0,3}? (?:previous|prior|above|earlier|preceding|original|system|judging|"
        r"grading|evaluation|your)(?: \w+){0,2}? (?:instructions?|prompts?|rules|guidelines|directions|criteria|commands|rubric)\b",
        r"\b(?:ignore|disregard|forget) (?:all|any|config)(?: of)?(?: the| these| those)? (?:instructions|prompts|above|before)\b",
        r"\b(?:attention|(?:note|message|instructions?) (?:to|for)(?: the)?) (?:\w+ )?(?:judges?|graders?|evaluators?|raters?)\b",
        r"\b(?:dear|hello|hey) (?:\w+ )?(?:graders?|evaluators?|raters?)\b",
        r"\b(?:llm|ai|automatic|automated)[ -](?:judge|grader|evaluator)\b",
        r"\b(?:judging|grading|comparing|evaluating|ranking) (?:these|the two|both|this)(?: two)? (?:answers?|responses?)\b",
        r"\b(?:rate|grade|score|mark|give|award) (?:me|(?:this|my) (?:answer|response)) (?:(?:with|an?|the|as) )?"
        r"(?:(?:grade|score|rating|mark)s? of )?(?:5|five|10|ten|full|top|highest|maximum|perfect)\b"
        r"(?= ?(?:[.!,;/\n]|\Z|out of|points?|stars?|marks?|score|grade|rating|on every|in every|on all|in all))",
        r"\"(?:precision|informativeness|naturalness|objectivity)\"\s*:\s*\{",
    ),
    "de": (
        r"\b(?:wähle?|wählt|wählen sie|bevorzugen? sie|bevorzuge?|nimm|nehmen sie|stimme? für|stimmen sie für) "
        r"(?:bitte )?(?:mich\b|diese antwort\b|meine antwort\b|(?:die )?antwort [ab]\b)",
        r"\bentscheide(?:n sie)? dich für (?:mich|diese antwort)\b|\bentscheiden sie sich für (?:mich|diese antwort)\b",
        r"\b(?:diese|meine) antwort ist (?:eindeutig |klar |viel )?(?:die )?(?:besser|beste|bessere|überlegen)\b",
        r"\b(?:ignoriere?|ignorieren sie|vergiss|vergessen sie|missachte|missachten sie)(?: \w+){0,3}? "
        r"(?:anweisung|instruktion|vorgabe|regel|richtlinie)(?:en|n)?\b",
    ),
    "pt": (
        r"\b(?:escolha|escolhe|selecione|seleciona|prefira|vote em|vota em)(?:-me\b| (?:esta|a minha|minha) resposta\b| a resposta [ab]\b)",
        r"(?:\A|[.!?\n] ?)me escolha\b|\b(?:esta|a minha|minha) resposta é (?:claramente |muito )?(?:a )?(?:melhor|superior)\b",
        r"\b(?:ignore|ignora|desconsidere|desconsidera|esqueça|esquece)(?: \w+){0,3}? (?:instruções|instrução|regras|orientações)\b",
    ),
    "zh": (
        r"(?:请|務必|务必|一定要|必须|应该|你要)(?:选择?|選擇?|投票给|偏好)(?:我(?![们們的])|这个(?:回答|答案|回复)|此(?:回答|答案)|本(?:回答|答案))",
        r"(?:选择|選擇|选|投票给)(?:这个(?:回答|答案|回复)|[此本](?:回答|答案)|(?:回答|答案) ?[ab](?![a-z]))|(?:\A|[。！\n])选我",
        r"(?:这个|此|本|我的)(?:回答|答案|回复)(?:是|才是)?(?:最好|更好|最佳|更优)",
        r"(?:忽略|无视|忘记|忘掉|不要理会|忽視|無視)[^。！？\n]{0,12}?(?:指令|指示|提示词|规则|說明|说明|要求)",
    ),
    "hi": (
        r"(?:मुझे|मुझको) (?:ही )?(?:चुनें|चुनो|चुनिए|चुन लें)|(?:इस|यही|इसी) (?:उत्तर|जवाब) को (?:ही )?(?:चुनें|चुनो|चुनिए)",
        r"(?:यह|यही|मेरा) (?:उत्तर|जवाब) (?:सबसे अच्छा|बेहतर|सर्वश्रेष्ठ|सबसे बेहतर) है",
        r"(?:निर्देश|निर्देशों|नियमों|हिदायतों)(?: को)? (?:अनदेखा|नज़रअंदाज़|नजरअंदाज|भूल|उपेक्षा)",
    ),
    "hu": (
        r"\b(?:válassz|válasszon|válaszd|válassza) (?:engem|ezt(?: a választ)?\b(?! a (?!válasz)\w)|az? [ab] választ)|\bengem válassz",
        r"\bezt a választ (?:válaszd|válassza|részesítsd)|\b(?:ez a|az én) válasz(?:om)? (?:a )?(?:jobb|legjobb)\b",
        r"\b(?:hagyd|hagyja) figyelmen kívül(?: \w+){0,4}? (?:utasítás|szabály|előírás)|\b(?:felejtsd|felejtse) el(?: \w+){0,4}? utasítás",
    ),
    "lt": (
        r"\b(?:pasirink|rinkis|pasirinkite|rinkitės) (?:mane|šį atsakymą|mano atsakymą|atsakymą [ab])\b",
        r"\b(?:šis|mano) atsakymas yra (?:geresnis|geriausias)\b",
        r"\b(?:ignoruok|ignoruokite|nepaisyk|nepaisykite|pamiršk|pamirškite)(?: \w+){0,3}? (?:instrukcij|nurodym|taisykl)",
    ),
    "ga": (
        r"\b(?:roghnaigh|roghnaígí|togh) (?:mise|mé|an freagra seo|mo fhreagra|freagra [ab])\b",
        r"\b(?:is é )?(?:an freagra seo|mo fhreagra)(?: an| is)? (?:freagra )?is fearr\b|\bis é an freagra seo is fearr\b",
        r"\b(?:déan|tabhair|tabhraigí|déanaigí) neamhaird (?:ar|de|d')(?: \w+){0,3}? ?(?:treoracha|rialacha|dtreoracha)|"
        r"\bdéan dearmad ar(?: \w+){0,3}? (?:treoracha|rialacha)",
    ),
    "mt": (
        r"\bagħżel(?:ni\b|u?(?: lili| din it-tweġiba| it-tweġiba tiegħi| it-tweġiba [ab])\b)|\bagħżluni\b",
        r"\b(?:din it-tweġiba|it-tweġiba tiegħi) hija (?:l-aħjar|aħjar)\b",
        r"\b(?:injora|tinjora|insa|injoraw)(?: \S+){0,2}? (?:l-)?(?:istruzzjonijiet|regoli)|\b(?:injora|insa) l-istruzzjonijiet",
    ),
    "fr": (
        r"\b(?:choisis|choisissez|préfère|préférez|sélectionne|sélectionnez|vote pour|votez pour|prends|prenez)"
        r"(?:-moi\b| (?:moi|cette réponse|ma réponse|la réponse [ab])\b)",
        r"\b(?:cette|ma) réponse est (?:clairement |nettement |bien )?(?:la )?(?:meilleure|supérieure)\b",
        r"\b(?:ignore|ignorez|oublie|oubliez|ne tiens pas compte|ne tenez pas compte)(?: \w+){0,3}? (?:instruction|consigne|règle)s?\b",
    ),
    "fi": (
        r"\bvalit(?:se|kaa) (?:minut|tämä vastaus|minun vastaukseni|vastaus [ab])\b|\bvalitse vastaukseni\b",
        r"\b(?:tämä vastaus|vastaukseni) on (?:selvästi )?(?:parempi|paras)\b",
        r"\b(?:ohita|unohda|sivuuta|jätä huomiotta|jätä huomioimatta)(?: \w+){0,3}? (?:ohje|säännö|määräyks|käsky)",
    ),
    "tr": (
        r"\bbeni seç(?:in|iniz)?\b|\b(?:bu|benim) (?:cevabı|yanıtı|cevabımı|yanıtımı) seç(?:in|iniz)?\b|\b(?:cevap|yanıt) [ab]'?y[ıi] seç",
        r"\b(?:bu|benim) (?:cevap|yanıt|cevabım|yanıtım) (?:daha iyi|en iyi|en iyisi)",
        r"\b(?:talimatları|yönergeleri|kuralları|komutları)(?: \w+){0,2}? (?:yok say|unut|görmezden gel|dikkate alma|göz ardı et)",
    ),
}
"""What an appeal looks like, by language; matched against the text as `plain` leaves it."""


@lru_cache(1 << 14)
def appeal(answer: str, question: str = "") -> str | None:
    """The words with which an answer speaks to its judge, in any of the languages; None if it does not."""
    text, asked = plain(answer), plain(question)
    for found in _pattern().finditer(text):
        words = found.group().strip(" \n.,:;!?\"'([>*-")
        if words not in asked:
            return words
    return None


def plain(text: str) -> str:
    """Case folded, compatibility forms resolved, invisible characters gone, quotes straight, Cyrillic look-alikes of Latin
    letters (no language of the project is Cyrillic) read as these, runs of blanks single."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    text = unicodedata.normalize("NFC", text.casefold()).translate(_LOOKALIKES)
    return re.sub(r"[ \t\r\f\v\u00a0]+", " ", text)


_LOOKALIKES = str.maketrans(
    {
        **dict.fromkeys("“”„«»", '"'),
        **dict.fromkeys("‘’‚`´", "'"),
        **dict(zip("аеорсхуіѕјһԁ", "aeopcxyisjhd", strict=True)),
    }
)


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for patterns in PATTERNS.values() for pattern in patterns))
