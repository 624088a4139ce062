"""What a stage used of its models."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass
class Usage:
    """What a stage used. calls: responses generated now; hits: found in the cache; tokens of either."""

    calls: int = 0
    hits: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    hits_tokens_in: int = 0
    hits_tokens_out: int = 0

    def add(self, other: Usage) -> None:
        """Adds another's counts."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))
