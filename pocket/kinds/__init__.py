"""The kinds of subject, one module each: its tables, its questions, its four units in four languages."""

from __future__ import annotations

from pocket.grammar import Kind
from pocket.kinds import bird, dish, festival, game, lake, village

KINDS: tuple[Kind, ...] = (village.KIND, lake.KIND, bird.KIND, dish.KIND, festival.KIND, game.KIND)
