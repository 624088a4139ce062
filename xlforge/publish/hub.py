"""A publication, and how it goes to the Hugging Face Hub: one commit with every change, then one tag. Nothing where nothing changed.

`create_commit` uploads files before the commit that shows them, and leaves out files that did not change. So a failure at any point
leaves branches and tags as they were, and another run continues: uploaded files are not sent again, and a commit whose tag failed gets
its tag. (`upload_folder` is not used: with Xet it makes several commits, so a failure would show a part of a build.)
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from xlforge.base.errors import BuildError
from xlforge.base.redact import redactor

if TYPE_CHECKING:
    from huggingface_hub import HfApi


@dataclass(frozen=True)
class Publication:
    """The content of one repository.

    Args:
        kind: of the repository.
        repo: its name, USER/NAME.
        files: by path in the repository: bytes, or a local file.
        owned: patterns of the paths that a publication removes where it no longer has them. It leaves other files alone.
    """

    kind: Literal["dataset", "model"]
    repo: str
    files: dict[str, bytes | Path]
    owned: tuple[str, ...]

    @property
    def tag(self) -> str:
        """`build-` and 12 hexadecimal digits of all paths and bytes: equal files have equal tags."""
        digest = hashlib.sha256()
        for path, content in sorted(self.files.items()):
            digest.update(f"{path}\0{hashlib.sha256(read(content)).hexdigest()}\n".encode())
        return f"build-{digest.hexdigest()[:12]}"

    def write(self, folder: Path) -> None:
        """Writes all files to an empty or new folder."""
        for path, content in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(read(content))


def read(content: bytes | Path) -> bytes:
    """The bytes."""
    return content if isinstance(content, bytes) else content.read_bytes()


@dataclass(frozen=True)
class Outcome:
    """commit: the one that holds the publication. changed: whether it is new. tagged: whether the tag is new."""

    commit: str
    changed: bool
    tagged: bool


def publish(publication: Publication, *, private: bool, revision: str, message: str) -> Outcome:
    """Makes a branch of the repository hold the publication.

    Raises:
        BuildError: it failed; another run is safe.
    """
    from huggingface_hub import HfApi, get_token
    from huggingface_hub.utils import disable_progress_bars  # type: ignore[attr-defined]

    token = get_token()
    if token is None:
        what = "there is no token for the Hub"
        raise BuildError(f"{what}: run `hf auth login`, or set HF_TOKEN to one that may write to {publication.repo}")
    disable_progress_bars()
    api, repo, kind, tag = HfApi(), publication.repo, publication.kind, publication.tag
    with _step("create the repository", repo, token):
        api.create_repo(repo, repo_type=kind, private=private or None, exist_ok=True)
    with _step("read the repository", repo, token):
        if private and not api.repo_info(repo, repo_type=kind).private:
            remedy = "make it private in its settings first, name another repository, or omit --private"
            raise BuildError(f"{repo} exists and is public, and --private makes new repositories private: {remedy}")
        refs = api.list_repo_refs(repo, repo_type=kind)
    if revision not in {branch.name for branch in refs.branches}:
        with _step(f"create the branch {revision}", repo, token):
            api.create_branch(repo, repo_type=kind, branch=revision)
    with _step("upload and commit", repo, token):
        before, commit = _commit(api, publication, revision, message)
    tagged = tag not in {each.name for each in refs.tags}
    if tagged:
        with _step(f"create the tag {tag} of commit {commit}, which holds everything", repo, token):
            api.create_tag(repo, repo_type=kind, tag=tag, revision=commit, exist_ok=True)
    return Outcome(commit, commit != before, tagged)


def _commit(api: "HfApi", publication: Publication, revision: str, message: str) -> tuple[str, str]:
    """The branch's commit before and after. Fails where somebody else commits in between."""
    from huggingface_hub import CommitOperationAdd, CommitOperationCopy, CommitOperationDelete
    from huggingface_hub.utils import filter_repo_objects  # type: ignore[attr-defined]

    repo, kind = publication.repo, publication.kind
    head = str(api.repo_info(repo, repo_type=kind, revision=revision).sha)
    operations: list[CommitOperationAdd | CommitOperationCopy | CommitOperationDelete] = [
        CommitOperationAdd(path, content if isinstance(content, bytes) else str(content))
        for path, content in sorted(publication.files.items())
    ]
    gone = sorted(set(api.list_repo_files(repo, repo_type=kind, revision=head)) - publication.files.keys())
    owned = filter_repo_objects(gone, allow_patterns=list(publication.owned))
    operations += [CommitOperationDelete(path, is_folder=False) for path in owned]
    done = api.create_commit(
        repo, operations, repo_type=kind, revision=revision, parent_commit=head, commit_message=message
    )
    return head, str(done.oid)


@contextmanager
def _step(what: str, repo: str, token: str) -> Iterator[None]:
    """One exchange with the Hub; the error names the step and does not show the token."""
    import httpx2

    try:
        yield
    except (OSError, ValueError, RuntimeError, httpx2.HTTPError) as error:
        if isinstance(error, BuildError):
            raise
        # The error of an upload names only the file; the reason is its cause.
        cause = f": {error.__cause__}" if type(error) is RuntimeError and error.__cause__ else ""
        message = " ".join(redactor([token])(f"{error}{cause}").split()) or type(error).__name__
        remedy = "No branch or tag shows a part of the build: fix the cause and run the same command again"
        raise BuildError(f"could not {what} ({repo}): {message}. {remedy}") from None
