"""A dvc.lock that a killed build left empty or cut is recognised, restored, or reported with the remedy."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from dvc.schema import COMPILED_LOCKFILE_SCHEMA
from voluptuous import MultipleInvalid

from xlforge.base import dvc_lock
from xlforge.base.errors import BuildError

XLFORGE = str(Path(sys.executable).with_name("xlforge"))
OUT = {"path": "data/a/rows.parquet", "hash": "md5", "md5": "ab" * 16, "size": 12}
ENTRY = {"cmd": "python -m stages.a", "deps": [OUT], "params": {"params.yaml": {"a": {"n": 3}}}, "outs": [OUT, OUT]}
LOCK = {"schema": "2.0", "stages": dict.fromkeys(("a", "b@de"), ENTRY)}
WHOLE = yaml.safe_dump(json.loads(json.dumps(LOCK)), sort_keys=False)


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_dvc_refuses_is_not_whole() -> None:
    assert dvc_lock.is_whole(WHOLE)
    assert dvc_lock.is_whole("schema: '2.0'\n")
    accepted = 0
    for end in range(len(WHOLE)):
        try:
            COMPILED_LOCKFILE_SCHEMA(yaml.safe_load(WHOLE[:end]))
        except (MultipleInvalid, yaml.YAMLError, KeyError):
            assert not dvc_lock.is_whole(WHOLE[:end]), WHOLE[:end]
        else:
            accepted += dvc_lock.is_whole(WHOLE[:end])
    assert accepted


@pytest.mark.parametrize("end", [0, 1, 30, len(WHOLE) // 2, len(WHOLE) - 3])
def test_the_copy_of_the_last_stage_start_is_restored(end: int, capsys: pytest.CaptureFixture[str]) -> None:
    lock = Path("dvc.lock")
    lock.write_text(WHOLE)
    dvc_lock.save_copy()
    lock.write_text(WHOLE[:end])
    dvc_lock.save_copy()  # a cut file is no copy
    with pytest.raises(BuildError, match=r"git checkout dvc\.lock"):
        dvc_lock.lock()
    dvc_lock.restore()
    assert lock.read_text() == WHOLE
    assert "restored from .xlforge/dvc.lock" in capsys.readouterr().err
    dvc_lock.restore()
    assert not capsys.readouterr().err


def test_without_a_copy_the_remedy_is_given_by_the_commands_that_read_it() -> None:
    for name in ("dvc.yaml", "params.yaml"):
        Path(name).write_text("stages: {}")
    Path("dvc.lock").write_text("")
    for command in ("plan", "check"):
        done = subprocess.run([XLFORGE, command], capture_output=True, text=True, check=False)
        assert done.returncode == 1, done.stdout
        assert "Traceback" not in done.stderr
    dvc_lock.restore()
    assert Path("dvc.lock").read_text() == ""
    with pytest.raises(BuildError, match=r"git checkout dvc\.lock"):
        dvc_lock.check()


def test_a_lock_that_was_never_written_is_empty() -> None:
    assert dvc_lock.lock() == {}
    dvc_lock.save_copy()
    dvc_lock.restore()
    dvc_lock.check()
