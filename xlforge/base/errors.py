"""Errors that a user can fix: the message gives the value, the rule and the remedy, and is shown without a traceback."""


class BuildError(RuntimeError):
    """A stage cannot go on."""
