"""Servers that cut a prompt to their context length and say nothing (Ollama, llama.cpp behind some proxies).

Such a server reports as many prompt tokens for a long prompt as for one that is much longer. Nothing else reports the same large count
for both, so that pair is the evidence; a count alone shows nothing, since texts have from one to several bytes a token.
"""

import math

from xlforge.models.engine import EngineError

_MIN_TOKENS = 256
"""Under this, equal counts may be chance or a chat template's own."""
_FACTORS = {2: 2.0, 3: 1.3}
"""Different prompts with one count, and how much longer the longest must be, in bytes: texts of two languages differ in bytes a token."""
_MOST_BYTES = 24
"""Bytes a token that no text has over a whole prompt, so that one prompt is evidence enough."""


class Truncation:
    """Watches the prompt tokens that one endpoint reports."""

    def __init__(self, host: str, model: str) -> None:
        self._host, self._model = host, model
        self._most, self._sizes = 0, set[int]()

    def check(self, size: int, tokens: int) -> None:
        """Raises EngineError where a prompt was cut.

        Args:
            size: of the prompt, in bytes.
            tokens: that the server reports for it; 0 where it reports none.
        """
        if tokens < _MIN_TOKENS:
            return
        if tokens > self._most:
            self._most, self._sizes = tokens, set()
        if tokens == self._most:
            self._sizes.add(size)
        low, high = min(self._sizes), max(self._sizes)
        factor = _FACTORS.get(min(len(self._sizes), 3), math.inf)
        if (tokens == self._most and high > factor * low) or size > _MOST_BYTES * tokens:
            raise EngineError(
                f"{self._host} read {tokens} tokens of prompts of {low} and of {high} bytes: its context length is {tokens} tokens or "
                f"little more, and it cuts longer prompts without an error. Serve {self._model} with a longer context length, or "
                f"shorten the seeds (seeds.max_chars). To delete cached responses to cut prompts: `xlforge cache gc --model {self._model} "
                f"--tokens-in {tokens} --apply`"
            )
