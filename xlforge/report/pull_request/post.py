"""Posts the comment that a run on a pull request made: `python -m xlforge.report.pull_request.post`, in a workflow that has a token.

What that run left was made by the pull request's own code, so it is data of a stranger's: it is read in memory and never unpacked, its
size is bounded, it is made inert, and the pull request that it names must be open at the very commit, of the very repository, that the
run was for: GitHub's event says which, and not the artifact.

From the environment, as GitHub sets it: GITHUB_API_URL, GITHUB_EVENT_PATH, GITHUB_REPOSITORY, and GITHUB_TOKEN.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import unicodedata
import zipfile
import zlib
from pathlib import Path
from typing import Any

from xlforge.base.markdown import inert
from xlforge.report.pull_request import images
from xlforge.report.pull_request.github import GitHub, Refused

MARKER = "<!-- xlforge: the comment on this pull request -->"
AUTHOR = "github-actions[bot]"
"""Who posts with a workflow's token: a comment of anybody else's is never changed, whatever it says."""
ARTIFACT, PLOTS = "pr-comment", "pr-plots"
TEXT, NUMBER = "pr-comment.md", "pr-number"
LARGEST = 65_536
"""Characters that GitHub takes."""
_LARGEST_FILES = {TEXT: 1 << 20, NUMBER: 32}
_LARGEST_ARCHIVE = 2 << 20
_PAGE, _PAGES = 100, 50
_TURNING = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def main() -> None:
    """Ends with 1 where nothing was posted, and says why."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_bytes())["workflow_run"]
    github = GitHub(os.environ["GITHUB_API_URL"], os.environ["GITHUB_REPOSITORY"], os.environ["GITHUB_TOKEN"])
    try:
        print(post(github, event))
    except Refused as error:
        sys.exit(f"nothing was posted: {error}")


def post(github: GitHub, run: dict[str, Any]) -> str:
    """Makes the comment, or puts the new text in its place. run: `workflow_run` of the event. Raises Refused."""
    listed = github.json(f"actions/runs/{int(run['id'])}/artifacts?per_page={_PAGE}")["artifacts"]
    artifacts = {artifact["name"]: artifact for artifact in listed}
    if ARTIFACT not in artifacts:
        raise Refused(f"run {run['id']} left no artifact {ARTIFACT!r}: it failed before it could say anything")
    archive = github.bytes(f"actions/artifacts/{int(artifacts[ARTIFACT]['id'])}/zip", _LARGEST_ARCHIVE)
    files = unpacked(archive)
    number = _number(files[NUMBER])
    pull = github.json(f"pulls/{number}")
    whose = (pull["head"]["repo"] or {}).get("full_name")
    if (pull["state"], pull["head"]["sha"], whose) != ("open", run["head_sha"], run["head_repository"]["full_name"]):
        raise Refused(f"pull request {number} is not open at {run['head_sha']} of the repository that the run was for")
    plots = _plots(github, run, number, int(artifacts[PLOTS]["id"])) if PLOTS in artifacts else ""
    body = comment(files[TEXT], run, plots)
    mine = _posted(github, number)
    if mine is None:
        return str(github.json(f"issues/{number}/comments", {"body": body}, "POST")["html_url"])
    return str(github.json(f"issues/comments/{mine}", {"body": body}, "PATCH")["html_url"])


def unpacked(archive: bytes) -> dict[str, str]:
    """The text and the number. Nothing else in the archive is looked at, and nothing is written. Raises Refused."""
    files = {}
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            for name, most in _LARGEST_FILES.items():
                with opened.open(name) as file:
                    content = file.read(most + 1)  # the size that the archive states may be a lie
                if len(content) > most:
                    raise Refused(f"{name} has more than {most:,} bytes")
                files[name] = content.decode()
    except (
        zipfile.BadZipFile,
        KeyError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
        zlib.error,
    ) as error:
        raise Refused(f"the artifact cannot be read: {error}") from None
    return files


def comment(text: str, run: dict[str, Any], plots: str) -> str:
    """The body: what is ours before what is theirs, which might hide whatever comes after it. Raises Refused."""
    run_at = f"[This run]({run['html_url']}) at `{run['head_sha']}`."
    head = f"{MARKER}\n{run_at}\n\n{plots}\nWhat follows was made by this pull request's own code.\n\n"
    body = head + inert("".join(filter(_shown, text)))
    if len(body) > LARGEST:
        raise Refused(f"the comment has {len(body):,} characters, and GitHub takes {LARGEST:,}")
    return body


def _plots(github: GitHub, run: dict[str, Any], number: int, artifact: int) -> str:
    """The images themselves, where the repository takes them; else where they are."""
    link = f"[Plots as images]({run['html_url']}/artifacts/{artifact})"
    try:
        found = images.images(github.bytes(f"actions/artifacts/{artifact}/zip", images.LARGEST_ARCHIVE))
        if not found:
            return ""
        repository = run["html_url"].partition("/actions/runs/")[0]
        return images.shown(repository, images.publish(github, number, found), list(found))
    except (Refused, ValueError) as error:
        return f"{link}: they are not shown here ({inert(str(error))}).\n"


def _shown(char: str) -> bool:
    """Whether a letter is shown, and not obeyed: no control character, and none that turns the writing round."""
    return char in "\n\t" or (
        unicodedata.category(char) not in ("Cc", "Cs") and unicodedata.bidirectional(char) not in _TURNING
    )


def _number(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,9}", text.strip()):
        raise Refused("the artifact names no pull request")
    return int(text)


def _posted(github: GitHub, number: int) -> int | None:
    """The comment that was posted here before, by its mark and by who posted it."""
    for page in range(1, _PAGES + 1):
        comments = github.json(f"issues/{number}/comments?per_page={_PAGE}&page={page}")
        for each in comments:
            if (each.get("user") or {}).get("login") == AUTHOR and str(each["body"]).startswith(MARKER):
                return int(each["id"])
        if len(comments) < _PAGE:
            break
    return None


if __name__ == "__main__":
    main()
