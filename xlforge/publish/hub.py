"""A publication on the Hugging Face Hub: one commit with every change, then one tag; nothing where nothing changed.

Files are uploaded before the commit that shows them, so a failure at any point leaves branches and tags as they were, and another try
goes on from there: what is uploaded is not sent again, and a commit whose tag could not be made gets its tag.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from xlforge.base.errors import BuildError
from xlforge.publish.publication import Publication, read

if TYPE_CHECKING:
    from huggingface_hub import HfApi
    from huggingface_hub.hf_api import RepoFile


@dataclass(frozen=True)
class Outcome:
    """What a publication did. commit: the one that holds it; changed, removed: paths; tagged: whether the tag is new."""

    commit: str
    tag: str
    tagged: bool
    changed: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


def publish(publication: Publication, *, private: bool, revision: str, message: str) -> Outcome:
    """Makes a repository's branch hold exactly the publication. BuildError tells what failed, and that another try is safe."""
    from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, HfApi, get_token
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    token = get_token()
    if token is None:
        raise BuildError(
            "there is no token for the Hub: `hf auth login` keeps one, or set HF_TOKEN to one that may write to "
            f"{publication.repo}"
        )
    disable_progress_bars()
    api, repo, kind = HfApi(), publication.repo, publication.kind
    with _step("create the repository", repo, token):
        api.create_repo(repo, repo_type=kind, private=private or None, exist_ok=True)
    with _step("read what it holds", repo, token):
        if private and not api.repo_info(repo, repo_type=kind).private:
            raise BuildError(
                f"{repo} is there already and is public: --private makes new repositories private. Make it private in its settings "
                "first, name another, or leave --private out"
            )
        refs = api.list_repo_refs(repo, repo_type=kind)
    if revision not in {branch.name for branch in refs.branches}:
        with _step(f"make the branch {revision}", repo, token):
            api.create_branch(repo, repo_type=kind, branch=revision)
    with _step("read what it holds", repo, token):
        head = str(api.repo_info(repo, repo_type=kind, revision=revision).sha)
        there = _held(api, publication, head)
    changed = sorted(path for path, content in publication.files.items() if not _same(there.get(path), content))
    removed = sorted(path for path in there if path not in publication.files and publication.owns(path))
    if changed or removed:
        operations: list[CommitOperationAdd | CommitOperationCopy | CommitOperationDelete] = [
            *(CommitOperationAdd(path, _source(publication.files[path])) for path in changed),
            *(CommitOperationDelete(path, is_folder=False) for path in removed),
        ]
        with _step("upload and commit", repo, token):
            head = api.create_commit(
                repo, operations, repo_type=kind, revision=revision, parent_commit=head, commit_message=message
            ).oid
    tagged = publication.tag not in {tag.name for tag in refs.tags}
    if tagged:
        with _step(f"make the tag {publication.tag} of commit {head}, which holds everything", repo, token):
            api.create_tag(repo, repo_type=kind, tag=publication.tag, revision=head, exist_ok=True)
    return Outcome(head, publication.tag, tagged, changed, removed)


def _held(api: HfApi, publication: Publication, commit: str) -> dict[str, RepoFile]:
    from huggingface_hub.hf_api import RepoFile

    tree = api.list_repo_tree(publication.repo, repo_type=publication.kind, revision=commit, recursive=True)
    return {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}


def _same(there: RepoFile | None, content: bytes | Path) -> bool:
    """Whether a file of the repository has these bytes, by the hash that the Hub keeps of it."""
    import hashlib

    from huggingface_hub.utils.sha import git_hash

    if there is None:
        return False
    data = read(content)
    return hashlib.sha256(data).hexdigest() == there.lfs.sha256 if there.lfs else git_hash(data) == there.blob_id


def _source(content: bytes | Path) -> bytes | str:
    return content if isinstance(content, bytes) else str(content)


@contextmanager
def _step(what: str, repo: str, token: str) -> Iterator[None]:
    """One exchange with the Hub; a failure is told by its name, without the token."""
    import httpx2

    try:
        yield
    except BuildError:
        raise
    except (OSError, ValueError, RuntimeError, httpx2.HTTPError) as error:
        # An upload's own error says only which file it was of; why is its cause.
        why = f": {error.__cause__}" if type(error) is RuntimeError and error.__cause__ else ""
        told = " ".join(f"{error}{why}".split()).replace(token, "***")
        raise BuildError(
            f"could not {what} ({repo}): {told or type(error).__name__}. No branch or tag shows anything half-published: mend the "
            "cause and run the same command again"
        ) from None
