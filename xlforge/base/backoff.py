"""How long to wait before a failed call is tried again."""

import random


def backoff(failures: int, first: float, longest: float) -> float:
    """Seconds to wait: exponential back-off with full jitter, so that many clients do not come back at the same moment.

    Args:
        failures: tries that failed before the one that just did.
        first: the most seconds after the first failure; twice as many after each that follows.
        longest: the most seconds after any.
    """
    return random.uniform(0, min(longest, first * 2.0 ** min(failures, 20)))
