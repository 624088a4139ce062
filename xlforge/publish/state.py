"""The state of the checkout: a build is published only if git has all of it, dvc.lock describes it, and its gates pass."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from xlforge.base.dvc_lock import LOCK
from xlforge.base.errors import BuildError
from xlforge.base.git import git, git_or_none
from xlforge.config.params import Config
from xlforge.diff.gates import check
from xlforge.plan.render import reason
from xlforge.plan.stale import entries
from xlforge.publish.build import stages


@dataclass(frozen=True)
class State:
    """Which build this is. commit: the last one that changed dvc.lock. lock: the SHA-256 of dvc.lock."""

    commit: str
    lock: str

    @property
    def date(self) -> str | None:
        """The day of the commit, the same in every clone; None where git does not have the commit."""
        return (git_or_none("show", "--no-patch", "--format=%cs", self.commit) or "").strip() or None


def checked(target: str, config: Config) -> State:
    """The build of a stage. Raises BuildError where it could not be rebuilt from a commit, or a gate fails."""
    state = _committed()
    outputs, inputs = drift(target)
    if outputs:
        remedy = "`dvc checkout --force` restores what was built, `dvc repro` builds again"
        raise BuildError(f"outputs do not match dvc.lock: {_few(outputs)}. Nobody could rebuild them: {remedy}")
    if inputs:
        remedy = f"Run `dvc repro {target}`, commit dvc.lock and the metrics, and publish that"
        raise BuildError(f"{target} was built from other inputs than those here: {_few(inputs)}. {remedy}")
    _pass_gates(config, target.partition("@")[0], state.commit)
    return state


def drift(target: str) -> tuple[list[str], list[str]]:
    """How the outputs, and how the inputs, of a stage and of all stages above it differ from dvc.lock. dvc's cache is not needed."""
    outputs, inputs = [], []
    for entry in entries((target,)):
        for change in entry.changes:
            if change.kind == "output" and change.new != "not in cache":
                outputs.append(f"{entry.name}: {change.what} is {change.new}")
            elif change.kind == "new":
                outputs.append(f"{entry.name}: not in dvc.lock")
            elif change.kind != "output":
                inputs.append(f"{entry.name}: {reason(change)}")
    return outputs, inputs


def _committed() -> State:
    if not Path(LOCK).exists() or not git_or_none("ls-files", "--", LOCK):
        raise BuildError(f"no commit has {LOCK}: run `dvc repro` in the project's root, and commit it with the metrics")
    dirty = git("status", "--porcelain", "--untracked-files=all").splitlines()
    if dirty:
        what = f"the work tree has changes that no commit has ({_few([line[3:] for line in dirty])})"
        raise BuildError(f"{what}: a published build must be rebuildable from a commit, so commit or remove them first")
    commit = git("log", "-1", "--format=%H", "--", LOCK).strip()
    return State(commit, hashlib.sha256(Path(LOCK).read_bytes()).hexdigest())


def _pass_gates(config: Config, stage: str, commit: str) -> None:
    """Drops are measured from the commit before the build's. A missing figure fails only where it belongs to the publication."""
    before, own = f"{commit}^", {each.name for each in stages(stage)}
    results = check(config.gates, before if git_or_none("rev-parse", "--verify", "--quiet", before) else commit)
    wrong = [
        f"{each.gate}: {each.metric} is {'missing' if each.value is None else f'{each.value:.4g}'}, limit: {each.limit}"
        for each in results
        if each.verdict == "failed" or (each.fails and each.metric.partition(":")[0].partition("@")[0] in own)
    ]
    if wrong:
        raise BuildError(
            f"gates of params.yaml fail: {'; '.join(wrong)}. Fix the build, or change the limit in a commit that gives the reason "
            "(`xlforge check` shows all gates)"
        )


def _few(lines: list[str]) -> str:
    return "; ".join(lines[:5]) + (f"; and {len(lines) - 5} more" if len(lines) > 5 else "")
