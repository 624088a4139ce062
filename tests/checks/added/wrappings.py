"""Ways in which models wrap a translation, in English and in the target language; every sentence is this project's own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from xlforge.languages.registry import language


@dataclass(frozen=True)
class Text:
    """A translation, its source, its language, and the translation of something else of about the same length."""

    target: str
    source: str
    code: str
    other: str

    @property
    def name(self) -> str:
        return language(self.code).name


Wrapping = Callable[[Text], str]

LEAD_IN = {
    "de": "Hier ist die Übersetzung ins Deutsche:", "pt": "Segue a tradução para português:", "zh": "以下是中文译文：",
    "hi": "यह रहा हिंदी अनुवाद:", "hu": "Íme a magyar fordítás:", "lt": "Štai vertimas į lietuvių kalbą:",
    "ga": "Seo an t-aistriúchán go Gaeilge:",
    "mt": "Din hija t-traduzzjoni bil-Malti:", "fr": "Voici la traduction en français :",
    "fi": "Tässä suomenkielinen käännös:", "tr": "İşte Türkçe çevirisi:",
}  # fmt: skip
LABEL = {
    "de": "Übersetzung:", "pt": "Tradução:",
    "zh": "译文：", "hi": "अनुवाद:", "hu": "Fordítás:", "lt": "Vertimas:", "ga": "Aistriúchán:",
    "mt": "Traduzzjoni:", "fr": "Traduction :", "fi": "Käännös:", "tr": "Çeviri:",
}  # fmt: skip
BARE_LEAD_IN = {
    "de": "Gerne, so könnte es lauten:", "pt": "Claro, aqui está:",
    "zh": "好的，内容如下：", "hi": "ज़रूर, यह लीजिए:", "hu": "Természetesen, íme:",
    "lt": "Žinoma, štai:", "ga": "Cinnte, seo duit:",
    "mt": "Żgur, hawn hu:", "fr": "Bien sûr, voici :", "fi": "Totta kai, ole hyvä:",
    "tr": "Elbette, buyurun:",
}  # fmt: skip
CLOSING = {
    "de": "Ich hoffe, das hilft Ihnen weiter!",
    "pt": "Espero que isto seja útil!", "zh": "希望对您有所帮助！", "hi": "आशा है इससे आपको मदद मिलेगी!",
    "hu": "Remélem, ez segít!", "lt": "Tikiuosi, kad tai padės!", "ga": "Tá súil agam go gcabhróidh sé seo leat!",
    "mt": "Nittama li dan jgħinek!", "fr": "J'espère que cela vous aidera !", "fi": "Toivottavasti tästä on apua!",
    "tr": "Umarım bu yardımcı olur!",
}  # fmt: skip
NOTE = {
    "de": "Hinweis: Eigennamen habe ich beibehalten.", "pt": "Nota: mantive os nomes próprios.", "zh": "注：专有名词保留原样。",
    "hi": "टिप्पणी: नाम वैसे ही रखे गए हैं।",
    "hu": "Megjegyzés: a tulajdonneveket megtartottam.", "lt": "Pastaba: vardų nekeičiau.",
    "ga": "Nóta: d'fhág mé na hainmneacha mar atá.", "mt": "Nota: l-ismijiet inżammu kif inhuma.",
    "fr": "Remarque : les noms propres ont été conservés.", "fi": "Huomautus: erisnimet on säilytetty.",
    "tr": "Not: özel adlar olduğu gibi bırakıldı.",
}  # fmt: skip
SECOND = {
    "de": "Alternativ:", "pt": "Em alternativa:",
    "zh": "另一种译法：", "hi": "या फिर:", "hu": "Vagy így:", "lt": "Arba taip:", "ga": "Nó mar seo:",
    "mt": "Jew inkella:", "fr": "Ou bien :", "fi": "Toinen vaihtoehto:", "tr": "Ya da şöyle:",
}  # fmt: skip
REFUSAL = {
    "de": "Es tut mir leid, aber diesen Text kann ich nicht übersetzen.",
    "pt": "Lamento, mas não posso traduzir este texto.",
    "zh": "抱歉，我无法翻译这段文字。", "hi": "क्षमा करें, मैं इस पाठ का अनुवाद नहीं कर सकता।",
    "hu": "Sajnálom, de ezt a szöveget nem tudom lefordítani.",
    "lt": "Atsiprašau, bet negaliu išversti šio teksto.",
    "ga": "Tá brón orm, ach ní féidir liom an téacs seo a aistriú.",
    "mt": "Jiddispjaċini, ma nistax nittraduċi dan it-test.", "fr": "Désolé, je ne peux pas traduire ce texte.",
    "fi": "Pahoittelen, mutta en voi kääntää tätä tekstiä.", "tr": "Üzgünüm, bu metni çeviremem, mümkün değil.",
}  # fmt: skip

WRAPPINGS: dict[str, Wrapping] = {
    "lead-in, English": lambda t: f"Here is the text in {t.name}:\n\n{t.target}",
    "lead-in, English, chatty": lambda t: f"Sure! Below you find my {t.name} translation.\n\n{t.target}",
    "lead-in, English, one line": lambda t: f"Here's the {t.name} version: {t.target}",
    "lead-in, English, no colon": lambda t: f"Of course, I can do that for you. {t.target}",
    "lead-in, English, only sure": lambda t: f"Certainly! {t.target}",
    "lead-in, target": lambda t: f"{LEAD_IN[t.code]}\n\n{t.target}",
    "lead-in, target, one line": lambda t: f"{LEAD_IN[t.code]} {t.target}",
    "lead-in, target, bare": lambda t: f"{BARE_LEAD_IN[t.code]}\n{t.target}",
    "label, bold": lambda t: f"**Translation:**\n\n{t.target}",
    "label, bold, one line": lambda t: f"**{t.name}:** {t.target}",
    "label, heading": lambda t: f"## {t.name} translation\n\n{t.target}",
    "label, target": lambda t: f"{LABEL[t.code]} {t.target}",
    "label, target, bold": lambda t: f"**{LABEL[t.code]}**\n{t.target}",
    "closing, English": lambda t: f"{t.target}\n\nLet me know if you would like any changes!",
    "closing, English, one line": lambda t: f"{t.target} I hope this is useful to you.",
    "closing, target": lambda t: f"{t.target}\n\n{CLOSING[t.code]}",
    "note, English": lambda t: f"{t.target}\n\nNote: I kept all names as they are in the original.",
    "note, English, brackets": lambda t: f"{t.target} (Note: names were left unchanged.)",
    "note, English, starred": lambda t: f"{t.target}\n\n*This is a literal rendering; idioms may differ.*",
    "note, target": lambda t: f"{t.target}\n\n{NOTE[t.code]}",
    "note, target, brackets": lambda t: f"{t.target}\n({NOTE[t.code]})",
    "note, rule": lambda t: f"{t.target}\n\n---\n\n{NOTE[t.code]}",
    "lead-in and closing": lambda t: f"{LEAD_IN[t.code]}\n\n{t.target}\n\n{CLOSING[t.code]}",
    "quotes, straight": lambda t: f'"{t.target}"',
    "quotes, curly": lambda t: f"“{t.target}”",
    "quotes, German": lambda t: f"„{t.target}“",
    "quotes, angle": lambda t: f"«{t.target}»",
    "quotes, corner": lambda t: f"「{t.target}」",
    "quotes, triple": lambda t: f'"""\n{t.target}\n"""',
    "backticks": lambda t: f"`{t.target}`",
    "bold": lambda t: f"**{t.target}**",
    "tags": lambda t: f"<text>\n{t.target}\n</text>",
    "tags, translation": lambda t: f"<translation>{t.target}</translation>",
    "tag, last": lambda t: f"{t.target}\n</text>",
    "tags, remark before": lambda t: f"Here you go:\n<translation>\n{t.target}\n</translation>",
    "prompt, first line": lambda t: f"Translate the text into {t.name}.\n{t.target}",
    "prompt, last line": lambda t: f"{t.target}\n\nReply with the translation alone.",
    "prompt, bullet": lambda t: f"{t.target}\n- Say all of it and nothing more: leave nothing out, explain nothing.",
    "JSON": lambda t: json.dumps({"translation": t.target}, ensure_ascii=False),
    "JSON, escaped": lambda t: json.dumps({"result": {"text": t.target}}),
    "JSON, fence": lambda t: f"```json\n{json.dumps({t.name: t.target}, ensure_ascii=False, indent=1)}\n```",
    "code fence": lambda t: f"```\n{t.target}\n```",
    "code fence, text": lambda t: f"~~~text\n{t.target}\n~~~",
    "second version, English": lambda t: f"{t.target}\n\nAlternatively: {t.other}",
    "second version, target": lambda t: f"{t.target}\n\n{SECOND[t.code]}\n{t.other}",
    "second version, list": lambda t: f"1. {t.target}\n2. {t.other}",
    "source before": lambda t: f"{t.source}\n\n{t.target}",
    "source before, labels": lambda t: f"English: {t.source}\n{t.name}: {t.target}",
    "refusal, English": lambda t: "I'm sorry, but I can't help with that request.",
    "refusal, target": lambda t: REFUSAL[t.code],
    "token, ChatML": lambda t: f"{t.target}<|im_end|>",
    "token, Llama 2": lambda t: f"{t.target}</s>",
    "token, Llama 3": lambda t: f"<|start_header_id|>assistant<|end_header_id|>\n\n{t.target}<|eot_id|>",
    "token, Mistral": lambda t: f"[/INST] {t.target}",
    "token, Gemma": lambda t: f"{t.target}<end_of_turn>\n",
    "token, Phi": lambda t: f"<|assistant|>\n{t.target}<|end|>",
    "token, wide bars": lambda t: f"{t.target}<｜end▁of▁sentence｜>",
    "token, another turn": lambda t: f"{t.target}<|im_end|>\n<|im_start|>user\nThanks!",
    "control, colour": lambda t: f"\x1b[31m{t.target}\x1b[0m",
    "control, bell": lambda t: f"{t.target}\x07",
    "control, override": lambda t: f"{t.target[:9]}\u202e{t.target[9:]}",
    "control, isolate": lambda t: f"\u2067{t.target}\u2069",
    "loop": lambda t: f"{t.target} {' '.join(t.target.split()[-3:])}" + f" {' '.join(t.target.split()[-3:])}" * 9,
}
"""Names begin with the kind."""
