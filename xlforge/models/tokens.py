"""How many tokens a request will take, estimated from those before it."""

_RATIO = 0.3
"""Tokens a byte while nothing is known."""
_STEADY = 0.02
"""The least weight of a new observation: about the last fifty count."""


class TokenEstimate:
    """Tokens in by the size of a request's canonical form; tokens out by the mean of those before."""

    def __init__(self) -> None:
        self._ratio, self._mean_out, self._count = _RATIO, 0.0, 0

    def tokens(self, size: float, max_tokens: int) -> tuple[float, float]:
        """Tokens in and out of a request of so many bytes; all of `max_tokens` while nothing is known."""
        return size * self._ratio, min(max_tokens, self._mean_out) if self._count else max_tokens

    def add(self, size: int, tokens_in: int, tokens_out: int) -> None:
        """What one request took."""
        self._count += 1
        weight = max(1 / self._count, _STEADY)
        self._ratio += weight * (tokens_in / size - self._ratio)
        self._mean_out += weight * (tokens_out - self._mean_out)
