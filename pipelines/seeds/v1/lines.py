"""Lines that belong to the page and not to its text: each rule matches a whole line, and nothing that an author would write.

A line of prose that mentions cookies, sharing or a date does not match: the rules need the banner's own phrases, or only buttons,
and a bounded length.
"""

LONGEST = 400
"""Characters; a longer line is prose to every rule."""

_MONTH = r"(?:jan|feb|mar|apr|may|june?|july?|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = rf"(?:{_DAY} {_MONTH},? \d{{4}}|{_MONTH} {_DAY},? \d{{4}}|\d{{1,4}}[./-]\d{{1,2}}[./-]\d{{2,4}})"

_PAGE = (
    r"(?:home|news|about|contacts?|log ?in|log ?out|sign (?:in|up)|register|search|archives?|forum|shop|store|help|faqs?|blog|products"
    r"|services|privacy|terms|imprint|site ?map|gallery|map|photos?|videos?|travel|recipes|games|nature|sports?|politics|business|world"
    r"|events|press|careers|jobs|support|account|cart|checkout|menu|downloads?|categories|tags|newsletter|subscribe|share|print|more)"
)
_ITEM = r"[^\s|•·»›<>/.!?:;,\d]+"

_NETWORK = r"(?:facebook|twitter|instagram|whatsapp|linkedin|reddit|pinterest|telegram|tumblr|youtube|e-?mail)"
_BUTTON = (
    rf"(?:share|like|follow|pin|tweet|save|send|print|subscribe|bookmark|comment|reply|report|copy link|{_NETWORK}|pin it|tweet this"
    r"|share (?:this|now)(?: page| post| article| story)?|(?:like|follow|find) us|send to a friend|e-?mail this|add to favou?rites"
    rf"|print this(?: page)?|leave a (?:comment|reply)|(?:share|follow us|like us|find us) on (?:{_NETWORK}|x)"
    r"|(?:\d+ )?(?:comments?|likes?|shares?|views?)(?: ?\(\d+\))?)"
)
_CONSENT = (
    r"(?:improve|enhance|experience|accept|agree|consent|polic(?:y|ies)|privacy|settings|browsing|analy[sz]e|analytics|advertis|traffic"
    r"|personali[sz]e|preferences|functionality|visit|continu|decline|got it|ok\b)"
)


def _items(most_words: int, separator: str) -> str:
    """At least three items of few words each, between separators."""
    item = rf"{_ITEM}(?: {_ITEM}){{0,{most_words - 1}}}"
    return rf"^(?:{separator} ?)?{item}(?: ?{separator} ?{item}){{2,}} ?(?:{separator})?$"


def _any(*lines: str) -> str:
    return "(?i)" + "|".join(f"^{line}$" for line in lines)


BOILERPLATE: dict[str, tuple[str, ...]] = {
    "menu": (f"{_items(4, '[|•·»›]')}|{_items(2, '(?:/|>|::)')}", rf"(?i)\b{_PAGE}\b"),
    "buttons": (_any(rf"{_BUTTON}(?:[ |,:/•·!–-]+{_BUTTON})*[ |:!]*"),),
    "cookies": (
        _any(
            rf".{{0,40}}\b(?:we|(?:web)?site|page|partners|app)\b.{{0,40}}\b(?:uses?|using) cookies\b.{{0,200}}{_CONSENT}.{{0,100}}",
            r".{0,100}\byou (?:accept|agree|consent)\b.{0,60}\bcookies\b.{0,100}",
            r"cookies? (?:settings|policy|preferences|notice|consent)\b[^.]{0,80}",
            r"(?:accept|reject|manage|allow) (?:all )?cookies\b[^.]{0,60}",
        ),
    ),
    "advertisement": (
        _any(
            r"(?:advertisements?|adverts?|sponsored(?: content| links?| post)?|promoted)(?:[:–-] .{0,100}|\W*)",
            r".{0,60}\bclick here\b.{0,30}",
            r"(?:buy|order|shop|subscribe|download|book|call|sign up|join)(?: it| us| free| online| here)? (?:now|today)\b[^.]{0,30}",
            r"(?:sale|offer|deals?|special offer|hot deal|only|save|get|up to)\b[^.]{0,40}\b\d{1,2} ?% (?:off|discount)\b[^.]{0,60}",
            r"(?:subscribe|sign up|join|get)\b.{0,40}\b(?:newsletter|mailing list)\b.{0,40}",
        ),
    ),
    "more": (
        _any(
            r"(?:read|see|learn|find out|show|view|load) (?:more|all)\b[^.!?]{0,80}(?:\.\.\.|…)?",
            r"(?:continue reading|you (?:may|might) also (?:like|enjoy|be interested in))\b[^.!?]{0,100}(?:\.\.\.|…)?",
            r"(?:related|recommended|popular|latest|recent|top|more) (?:articles?|posts?|stories|news|links|topics|reading)\b[^.!?]{0,60}",
        ),
    ),
    "dateline": (
        _any(
            rf"(?:posted|published|updated|created|written|(?:last )?(?:edited|updated|modified))\b[^.]{{0,40}}?\s{_DATE}[^.!?]{{0,40}}",
            rf"(?:by [^.]{{1,30}}, )?{_DATE}",
        ),
    ),
    "rights": (
        _any(
            r"(?:©|\(c\)|copyright) ?(?:©|\(c\)|\d{4}|by\b).{0,100}",
            r".{0,80}\ball rights reserved\b.{0,80}",
            r"(?:terms (?:of (?:use|service)|(?:and|&) conditions)|privacy policy|imprint|disclaimer|site ?map|legal notice)\b[^.!?]{0,40}",
        ),
    ),
    "navigation": (
        _any(
            r"\W*(?:skip to (?:main )?content|back to (?:the )?top|top of (?:the )?page|toggle navigation|page \d+(?: of \d+)?|my account"
            r"|(?:previous|next)(?: page| post| article| story)?|home|menu|search|log ?in|log ?out|sign (?:in|up)|register|close|loading"
            r"|about(?: us)?|contact(?: us)?|edit|photo|image|picture|video)\W*"
        ),
    ),
    "ornament": (r"^[\s*=_~#+<>•·.–—-]{2,}$",),
}
"""Name, as metrics count it, and the patterns that must all be found in a line; the first rule that matches gives the name."""
