"""The question that asks for everything, in the wordings that every kind shares."""

from __future__ import annotations

GENERAL = (
    "What can you tell me about {it}?",
    "I would like to know more about {it}. What is it like?",
    "Could you describe {it}?",
    "What should one know about {it}?",
)
