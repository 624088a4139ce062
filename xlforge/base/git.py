"""How the project runs git: one way, one error."""

import subprocess

from xlforge.base.errors import BuildError


class GitError(BuildError):
    """git failed; the message holds what it printed."""


def git(*words: str) -> str:
    """What `git WORDS` prints, undecodable bytes replaced.

    Raises:
        GitError: it is not installed, or exits with another status than 0.
    """
    try:
        done = subprocess.run(["git", *words], capture_output=True, check=False)
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    if done.returncode:
        raise GitError(f"git {words[0]}: {done.stderr.decode('utf-8', 'replace').strip()}")
    return done.stdout.decode("utf-8", "replace")


def git_or_none(*words: str) -> str | None:
    """The same; None where git fails, as outside a repository."""
    try:
        return git(*words)
    except GitError:
        return None
