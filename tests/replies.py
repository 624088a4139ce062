"""What the tests' server answers by default: a sensible response to each of the project's prompts, known by their wording.

Its translations are not real: words of the language replace the English ones, while names, numbers, addresses and punctuation
stay, so that language identification and integrity checks pass. The server remembers them for the translation back.
"""

from __future__ import annotations

import hashlib
import json
import re

WORDS = {
    "German": "der die und mit auf ist nicht eine auch wird sich über wurde zwischen während Stadt gegenüber ausgezeichnet "
    "Verwaltung natürlich Landschaft Gesellschaft schließlich verschiedene möglich Einwohner ungefähr häufig später",
    "Portuguese": "de o que não uma com para também foi mais muito sua cidade através população região então história "
    "durante desenvolvimento construção maior ainda porque água são então século",
    "Hungarian": "a az és hogy nem egy is volt csak már még meg között város szerint később körülbelül lakosság "
    "különböző történelem legnagyobb általában fejlődés magyar területén többször épület",
    "Lithuanian": "ir kad yra su buvo taip pat bet iš nuo kuris miestas gyventojų tačiau didžiausias istorija metais "
    "pastatas apie vėliau dažnai lietuvių šalies valstybės rajono visuomenė",
    "Irish": "agus an na ar is go bhí sé leis sin tá ach chun níos freisin áit mhór chathair daoine ansin muintir "
    "éagsúla stair bhaile bliain uisce tógáil thart timpeall Gaeilge",
    "Maltese": "u li ta il ma kien hija biex dan minn għal ukoll iżda belt kbira nies storja żmien qabel wara "
    "madwar Malti popolazzjoni ilma bini aktar imbagħad ħafna għandha",
    "French": "le la et les des une est dans pour avec sur pas plus ville aussi était entre population région histoire "
    "pendant développement bâtiment environ ensuite souvent différents",
    "Finnish": "ja on ei se että oli myös kuin sekä mutta jossa kaupunki suuri asukasta historia vuonna noin "
    "myöhemmin rakennus alueella yleensä erilaisia kehitys välillä kanssa usein",
    "Turkish": "ve bir bu da için ile olan çok daha gibi sonra şehir büyük nüfus tarih yılında yaklaşık "
    "genellikle bölgesi arasında yapı farklı gelişme ancak değil kadar",
    "Simplified Chinese": "的 是 在 和 有 不 这 了 城市 人口 历史 地区 发展 建筑 大约 后来 经常 不同 之间 最大 水 年 社会 国家",
    "Hindi": "और है का की में से को नहीं यह एक भी था शहर जनसंख्या इतिहास क्षेत्र विकास लगभग बाद अक्सर विभिन्न बीच सबसे "
    "पानी समाज देश भवन",
}
"""Some words of each language, by its English name."""
_WORD = re.compile(r"(?<![\w@./:-])[a-z][a-z'’-]*(?![\w@/]|\.\w)")
_BLOCK = re.compile(r"<(\w+)>\n(.*?)\n</\1>", re.DOTALL)
_TARGET = re.compile(r"Translate the text into (\w+(?: Chinese)?)")
_GRADES = ("precision", "informativeness", "naturalness", "objectivity")


class Replies:
    """The text for each prompt: the same for the same messages and seed."""

    def __init__(self) -> None:
        self._sources: dict[str, str] = {}

    def __call__(self, messages: list[dict[str, str]], seed: int) -> str:
        prompt = messages[-1]["content"]
        parts = dict(_BLOCK.findall(prompt))
        text = parts.get("text", prompt)
        if target := _TARGET.search(prompt):
            return self._translate(text, target.group(1), seed)
        if "Grade " in prompt:
            return grades(parts.get("answer", ""))
        if "question" in parts:
            return " ".join(text.split())
        if "Write the question" in prompt or "write that request" in prompt or "Write the request" in prompt:
            return f"What is known about {' '.join(text.split()[:5]).strip('.,;:')}?"
        return f"An answer to: {' '.join(prompt.split()[:8])}"

    def _translate(self, text: str, language: str, seed: int) -> str:
        if language == "English":
            return self._sources.get(text.strip(), text)
        words = WORDS[language].split()
        made = _WORD.sub(lambda match: _word(match.group(), words, seed), text)
        self._sources[made.strip()] = text
        return made


def grades(answer: str) -> str:
    """Good grades for most answers, low ones for one in twenty, by the answer's own hash."""
    grade = 2 if _number(answer) % 20 == 0 else 5
    return json.dumps({name: {"reason": "As the text has it.", "grade": grade} for name in _GRADES})


def _word(english: str, words: list[str], seed: int) -> str:
    """A word of about the length of the English one."""
    near = sorted(words, key=lambda word: abs(len(word) - len(english)))[:6]
    return near[_number(f"{english}{seed % 3}") % len(near)]


def _number(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).digest())
