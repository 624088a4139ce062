"""The direction of a translation system: which codes it knows, and how its input and its output name them.

Systems with `src_lang` (NLLB, M2M100, mBART) have the source's code in the input and the target's as the first token of the output.
Others (MADLAD, Marian models of several languages) read the target's code before the text. The rest know one direction.
"""

from __future__ import annotations

import difflib
import re
from typing import Any

from xlforge.config.models import Model
from xlforge.models.engine import EngineError

_PREFIX = re.compile(r"<2(\S+)>|>>(\S+)<<")
_CODE = re.compile(r"[a-z]{2,3}_[A-Za-z]{2,4}")


class Direction:
    """How a tokenizer is used for one direction. Raises EngineError for a code that it does not know.

    Attributes:
        prefix: what stands before each sentence.
        first: the token that each translation begins with, if any.
        controls: the tokens of all codes, which no text may spell.
    """

    def __init__(self, tokenizer: Any, spec: Model) -> None:
        self.prefix, self.first, self._spec = "", None, spec
        if hasattr(tokenizer, "src_lang"):
            codes = getattr(tokenizer, "lang_code_to_id", None) or _codes(tokenizer)
            tokenizer.src_lang = self._known(spec.source_language, codes)
            self.first = codes[self._known(spec.target_language, codes)]
            self.controls = [str(tokenizer.convert_ids_to_tokens(token)) for token in codes.values()]
            return
        matches = [match for token in tokenizer.get_vocab() if (match := _PREFIX.fullmatch(token))]
        self.controls = [match.group() for match in matches]
        if matches:
            tokens = {match.group(1) or match.group(2): match.group() for match in matches}
            self.prefix = f"{tokens[self._known(spec.target_language, tokens)]} "

    def _known(self, code: str | None, codes: Any) -> str:
        if code in codes:
            return str(code)
        near = difflib.get_close_matches(code or "", codes, n=3, cutoff=0.3) or sorted(codes)[:3]
        raise EngineError(
            f"{self._spec.model} has no language code {code!r}; the nearest of its {len(codes)} are {', '.join(near)}: write the "
            f"right one under `codes` of this model in params.yaml, as in `codes: {{de: {near[0]}}}`"
        )


def _codes(tokenizer: Any) -> dict[str, int]:
    tokens = {*tokenizer.all_special_tokens, *tokenizer.get_added_vocab()}
    return {token: tokenizer.convert_tokens_to_ids(token) for token in map(str, tokens) if _CODE.fullmatch(token)}
