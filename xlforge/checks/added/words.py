"""Words by which a line shows that it speaks of the translation, and is none: "translation" in many languages, and names of languages.

Beginnings of words, so that inflected forms count. A line is judged by them only where its source speaks of neither.
"""

import re
import unicodedata
from functools import cache

from xlforge.checks.cldr import locale

_TRANSLATION = """
    translat* traduc* traduit* traduz* traduç* traduzz* tradott* tradui* tradu* übersetz* uebersetz*
    übertrag* fordít* vertim* išvers* verči* aistri* aistriú* maltradut* käänn* käänt* suomenn*
    çevir* çeviri* tercüm* अनुवाद* भाषांतर* تर्जुमा* 翻译* 译文* 翻譯* 譯文* 翻訳* 訳文* 번역* перевод* перевед*
    переклад* превод* превед* tłumacz* przekład* przetłum* překlad* přelož* preklad* prelož* prevod*
    preved* prijevod* μετάφρασ* μεταφρ* ترجم* תרגום* תרגומ* แปล* dịch* terjemah* vertal* oversæt*
    oversett* oversettel* översätt* tõlge* tõlke* tõlgi* tulkoj* traducer* cyfieith* itzulp* þýðing*
    përkth* թարգման* თარგმან* অনুবাদ* மொழிபெயர்* అనువాద* ಅನುವಾದ* വിവർത്തന* പരിഭാഷ* ਅਨੁਵਾਦ* અનુવાદ*
    අනුවාද* ປແປ* បកប្រែ* ဘာသာပြန်* орчуул* аудар* tarjima* tərcüm* tafsiri* pagsasalin* salin*
    wersj* version* versió* versión* versione* versão* versiune*
"""
_SORRY = """
    sorry apolog* unfortunately regret tut~mir~leid entschuldig* leider désol* excusez regrette
    lamento lamentamos desculp* infelizmente lamentablemente sajnál* elnézést sajnos atsipraš* deja
    brón leithscéal jiddispja* skużi* pahoittelen pahoittelemme anteeksi valitettavasti üzgünüm
    üzgünüz maalesef özür क्षमा* माफ़* माफ* खेद* 抱歉* 对不起* 對不起* 遗憾* 申し訳* すみません* 죄송* 미안* извин*
    сожален* жаль вибач* przepraszam przykro niestety omlouv* bohužel ospraved* spijt helaas beklag*
    tyvärr ledsen beklager desværre dessverre scusa* dispiace purtroppo συγγνώμη δυστυχώς λυπάμαι
    آسف* عذر* للأسف* מצטער* סליחה* ขออภัย* ขอโทษ* เสียใจ* xin~lỗi maaf scuze regret* žao oprosti*
    معذرت* متأسف* দুঃখিত* மன்னிக்க* క్షమించ* sorri barkatu
"""
_UNABLE = """
    cannot can't can’t unable not won't nicht kann peux pouvons puis puedo podemos não posso podemos
    nem tudok negaliu negalime ní féidir liom nistax nistgħu voi voimme pysty edemem edemeyiz
    yapamam yapamıyorum yapamayız yardımcı~olamam çeviremem mümkün~değil नहीं* असमर्थ* 无法* 不能* 無法*
    できません* いたしかね* 할~수~없* 없습니다* могу можем могу nie~mogę nemohu nemůžu nemôžem niet kan posso
    possiamo μπορώ لا~أستطيع* لا~يمكنني* איני* אינני* לא* ไม่สามารถ* ไม่ได้* không~thể tidak~dapat
    tidak~bisa nu~pot ne~mogu nemogu نمی‌توانم* পারি~না* gallaf ezin
"""


def _pattern(words: str) -> re.Pattern[str]:
    """Words; `*` stands for any ending, and `~` for a space."""
    found = sorted(set(words.split()), key=len, reverse=True)
    return re.compile("|".join(map(_word, found)))


def _word(word: str) -> str:
    start = r"\b" if unicodedata.name(word[0]).startswith(("LATIN", "GREEK", "CYRILLIC")) else ""
    plain = re.escape(word.rstrip("*").replace("~", " ")).replace("\\ ", r"\s")
    return start + plain + ("" if word.endswith("*") else r"\b")


TRANSLATION = _pattern(_TRANSLATION)
SORRY = _pattern(_SORRY)
UNABLE = _pattern(_UNABLE)
UNABLE_ENGLISH = re.compile(
    r"\b(?:i|we)(?:['’]m| am|['’]re| are)? (?:cannot|can['’]?t|can not|could not|couldn['’]t|unable|not able|not allowed|won['’]?t|will not"
    r"|must decline)\b|\bas an? (?:ai|artificial|large|language)\b|\bi(?:['’]m| am) (?:just |only )?an? (?:ai|language model)\b"
    r"|\bnot able to (?:help|assist|provide|fulfill|answer|translate)\b"
)
"""A refusal in English."""


@cache
def language_names(code: str) -> re.Pattern[str] | None:
    """A language's name in English, and the beginning of its name in itself; None for one that CLDR does not name."""
    found = []
    for language, ending in (("en", r"\b"), (code, "")):
        known = locale(language)
        if known and (name := known.languages.get(code, "").casefold()):
            kept = name if language == "en" or len(name) <= 4 else name[: max(4, len(name) - 2)]
            found.append((r"\b" if name.isalpha() and kept[0].isascii() else "") + re.escape(kept) + ending)
    return re.compile("|".join(found)) if found else None
