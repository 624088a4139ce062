"""How the project runs git: one way, one error."""

import subprocess
from pathlib import Path

from xlforge.base.errors import BuildError


class GitError(BuildError):
    """git failed; the message holds what it printed."""


def git(*words: str, folder: Path | None = None, given: str | None = None) -> str:
    """What `git WORDS` prints, undecodable bytes replaced.

    Args:
        words: the arguments.
        folder: where it runs; the working directory by default.
        given: its standard input.

    Raises:
        GitError: it is not installed, or exits with another status than 0.
    """
    try:
        data = None if given is None else given.encode()
        done = subprocess.run(["git", *words], cwd=folder, input=data, capture_output=True, check=False)
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    if done.returncode:
        raise GitError(f"git {words[0]}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout.decode("utf-8", "replace")


def git_or_none(*words: str, folder: Path | None = None) -> str | None:
    """The same; None where git fails, as outside a repository."""
    try:
        return git(*words, folder=folder)
    except GitError:
        return None
