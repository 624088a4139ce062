"""Models for tests: one that returns its prompt, one that dies of it."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

from distilabel.models.llms.base import LLM


class Mortal(LLM):
    """Replies with the prompt. `die` kills its process; `die once FILE` does so unless FILE exists, which it creates."""

    model: str

    @property
    def model_name(self) -> str:
        return self.model

    def generate(self, inputs: list[Any], num_generations: int = 1, **_: Any) -> list[Any]:
        return [_output(messages[-1]["content"]) for messages in inputs]


def _output(prompt: str) -> dict[str, Any]:
    file = Path(prompt.removeprefix("die once "))
    if prompt == "die" or (prompt.startswith("die once ") and not file.exists()):
        if prompt != "die":
            file.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"generations": [prompt], "statistics": {"input_tokens": [1], "output_tokens": [1]}}


def echo(messages: list[dict[str, str]], seed: int) -> str:
    """The last message, for the tests' server."""
    return messages[-1]["content"]
