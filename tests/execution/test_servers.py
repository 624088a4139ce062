"""Servers that a build starts: once for all who ask, with room made, ended when nobody asks, told about when they fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import psutil
import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from commands.main import cli
from tests.execution.served import JUDGE, ROOT, TEACHER, Kept, ask, execution
from tests.project import SMALL, Project, names
from tests.server import Server
from xlforge.config import environment
from xlforge.config.execution import Execution, Servers
from xlforge.config.models import Compared, Model
from xlforge.models.engine import EngineError
from xlforge.models.vllm import lease
from xlforge.models.vllm.engine import VllmEngine
from xlforge.models.vllm.place import Place, places
from xlforge.models.vllm.plan import plan

SECRET = "-".join(("sk", "planted", "5ecre7"))
ASK = """
import sys
from pathlib import Path
from tests.execution.served import TEACHER, ask, execution
from xlforge.models.vllm import lease
lease.state = lambda: Path(sys.argv[1])
how = execution(Path(sys.argv[1]), *sys.argv[3:], servers={"idle": float(sys.argv[2])})
print("asking", flush=True)
print(ask(how, TEACHER), flush=True)
"""


def starts(folder: Path) -> list[dict[str, Any]]:
    path = folder / "starts"
    return [orjson.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def alive(*processes: int) -> list[int]:
    """Those of the processes that still live."""

    def lives(process: int) -> bool:
        try:
            return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    return [process for process in processes if lives(process)]


def until(true: Callable[[], object], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)


def at_work(folder: Path, *arguments: str, idle: float = 120) -> subprocess.Popen[str]:
    """A process of its own that asks the teacher."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", ASK, str(folder), str(idle), *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "asking\n"
    return process


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What stands for `.xlforge`; servers that a test leaves are ended."""
    folder = tmp_path / ".xlforge"
    folder.mkdir()
    monkeypatch.setattr(lease, "state", lambda: folder)
    yield folder
    for place in places(folder / "engines"):
        place.end()
    left = alive(*(process for start in starts(folder) for process in (start["process"], start["child"])))
    assert not left, "a server outlived its end"


def running(folder: Path) -> list[str]:
    """The models that have a server."""
    return [found.model for place in places(folder / "engines") if (found := place.running())]


def test_a_server_is_started_once_and_serves_whoever_asks_next(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    how = execution(folder, "--standin-slow", "0.5")
    first = ask(how)
    assert "its server is starting" in capfd.readouterr().err
    assert ask(how) == first
    assert at_work(folder, "--standin-slow", "0.5").wait(30) == 0
    assert len(starts(folder)) == 1
    assert "starting" not in capfd.readouterr().err


def test_two_that_begin_at_once_start_one_server(folder: Path) -> None:
    both = [at_work(folder, "--standin-slow", "1.5") for _ in range(2)]
    said = [process.communicate(timeout=40) for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert said[0][0] == said[1][0] != ""
    assert len(starts(folder)) == 1


def test_a_server_that_fails_is_told_with_its_last_lines_and_no_secret(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    with pytest.raises(EngineError) as told:
        ask(execution(folder, "--standin-fail", f"unknown architecture, token {SECRET}"))
    assert "loading weights" in str(told.value)
    assert "unknown architecture, token …" in str(told.value)
    assert "status 1" in str(told.value)
    assert "XLFORGE_SERVERS_COMMAND" in str(told.value)
    assert not running(folder)


def test_a_command_that_is_not_there_is_told(folder: Path) -> None:
    how = Execution(servers=Servers(command="nowhere/python -m vllm"))
    with pytest.raises(EngineError, match=r"nowhere/python cannot be started(.|\n)*XLFORGE_SERVERS_COMMAND"):
        ask(how)


def test_a_start_that_takes_too_long_is_ended(folder: Path) -> None:
    with pytest.raises(EngineError, match="not ready within 4 s"):
        ask(execution(folder, "--standin-slow", "60", servers={"start": 4}))
    assert not running(folder)
    (start,) = starts(folder)
    assert not alive(start["process"], start["child"])


def test_a_server_ends_by_itself_when_nobody_asks(folder: Path) -> None:
    ask(execution(folder, servers={"idle": 1}))
    (start,) = starts(folder)
    assert alive(start["process"])
    until(lambda: not running(folder))
    assert not alive(start["process"], start["child"])
    assert [path.suffix for path in (folder / "engines").iterdir() if path.suffix not in (".owner", ".use", "")] == [
        ".log"
    ]


def test_a_server_does_not_end_while_it_is_asked(folder: Path) -> None:
    assert ask(execution(folder, "--standin-latency", "3", servers={"idle": 0.5}), many=1)
    until(lambda: not running(folder))


def test_a_killed_build_leaves_no_server_past_the_idle_time(folder: Path) -> None:
    process = at_work(folder, "--standin-latency", "300", idle=2)
    until(lambda: [place for place in places(folder / "engines") if place.ready()])
    (start,) = starts(folder)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    killed = time.monotonic()
    assert running(folder) == [TEACHER.model]
    until(lambda: not running(folder), 7)
    assert time.monotonic() - killed > 1
    assert not alive(start["process"], start["child"])


def _free(place: Place) -> bool:
    """Whether nobody asks; the owner looks now and then too, and for a moment."""
    use = place.use(shared=False)
    free = use.wait(0.3)
    use.release()
    return free


def test_a_server_ends_with_its_owner(folder: Path) -> None:
    ask(execution(folder))
    (start,) = starts(folder)
    (place,) = places(folder / "engines")
    found = place.running()
    assert found is not None
    os.kill(found.owner, signal.SIGKILL)
    until(lambda: not alive(start["process"]))
    os.kill(start["child"], signal.SIGKILL)  # the owner alone sees to a server's own children
    assert ask(execution(folder))
    assert len(starts(folder)) == 2


def test_servers_that_do_not_fit_together_take_turns(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    how = execution(folder)
    for spec in (TEACHER, JUDGE, TEACHER):
        assert ask(how, spec)
        assert running(folder) == [spec.model]
    assert len(starts(folder)) == 3
    assert "org/teacher: its server is ended to make room for org/judge" in capfd.readouterr().err


def test_servers_that_fit_together_stay(folder: Path) -> None:
    how = execution(folder, servers={"together": True})
    for spec in (TEACHER, JUDGE, TEACHER):
        assert ask(how, spec)
    assert len(starts(folder)) == 2
    assert sorted(running(folder)) == ["org/judge", "org/teacher"]


def test_one_that_is_asked_is_not_ended_for_another(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    how = execution(folder, "--standin-latency", "2")
    ask(how, many=0)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(ask, how, TEACHER)
        time.sleep(0.3)
        second = pool.submit(ask, how, JUDGE)
        assert len(first.result()) == len(second.result()) == 3
    assert running(folder) == [JUDGE.model]
    assert "waiting until org/teacher is no longer asked" in capfd.readouterr().err


def test_a_server_that_dies_stops_the_build_and_gives_no_row_up(folder: Path) -> None:
    how = execution(folder, servers={"environment": {"PYTHONPATH": str(ROOT), "MY_API_KEY": SECRET}})
    with pytest.raises(EngineError, match=r"has ended(.|\n)*CUDA out of memory, with the key …(.|\n)*status 9"):
        ask(how, words="die now")
    assert ask(how)


def test_an_endpoint_that_answers_is_used(folder: Path) -> None:
    with Server() as server:
        assert ask(execution(folder, endpoint=server.url))
        assert server.counts()["answered"] == 3
    assert not starts(folder)


def test_an_endpoint_that_does_not_answer_is_told_and_a_server_started(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ask(execution(folder, endpoint="http://127.0.0.1:9/v1"))
    assert "no server answers at 127.0.0.1" in capfd.readouterr().err
    assert len(starts(folder)) == 1


def test_keys_are_not_passed_on_and_the_environments_values_written_nowhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLFORGE_API_KEY", SECRET)
    ask(execution(folder, servers={"environment": {"PYTHONPATH": str(ROOT), "HF_TOKEN": SECRET}}))
    (start,) = starts(folder)
    assert "HF_TOKEN" in start["environment"]
    assert not [name for name in start["environment"] if name.startswith("XLFORGE_")]
    for path in (folder / "engines").iterdir():
        assert SECRET.encode() not in path.read_bytes(), path


def test_a_proxy_is_not_asked_for_our_own_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert ask(execution(folder))


def adapter(name: str, words: str) -> Model:
    """A student as `answers` asks for it, by its name alone, with an adapter of so many words."""
    lies = Path("models/students", name)
    lies.mkdir(parents=True, exist_ok=True)
    config = {"base_model_name_or_path": "org/base", "r": 24}
    (lies / "adapter_config.json").write_bytes(orjson.dumps(config))
    (lies / "adapter_model.safetensors").write_text(words)
    from xlforge.models.revision import adapted

    return Model(engine="vllm", model=name, revision=adapted("1", lies))


def test_students_are_asked_by_name_on_one_server_of_their_base(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    how = execution(folder)
    one, two = adapter("one", "a"), adapter("two", "b")
    base = Model(engine="vllm", model="org/base", revision="1")
    for spec in (one, two, base, one):
        assert ask(how, spec)
    (start,) = starts(folder)
    assert "--enable-lora --max-lora-rank 32" in " ".join(start["arguments"])
    assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING" in start["environment"]
    (place,) = places(folder / "engines")
    assert sorted(place.loaded()) == ["one", "two"]
    trained = adapter("one", "c")
    with pytest.raises(EngineError, match="adapter has changed"):
        ask(how, one)
    assert ask(how, trained)
    assert len(starts(folder)) == 2, "what was computed with the old adapter must not be served"


def test_an_adapter_that_the_server_refuses_is_told(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    how, spec = execution(folder), adapter("one", "a")
    engine = VllmEngine(spec, "answers", how)
    Path("models/students/one/adapter_config.json").unlink()
    with pytest.raises(EngineError, match=r"does not take the adapter one: HTTP 404, .*No adapter found"):
        engine.generate([], Kept())


def test_two_wants_are_of_one_server_only_where_all_that_matters_is_the_same(tmp_path: Path) -> None:
    how = Servers(command="vllm serve", arguments="--dtype float32")
    made = plan(TEACHER, how)
    assert made.command[:3] == ("vllm", "serve", "org/teacher")
    assert made.command[-2:] == ("--dtype", "float32")
    same = [how.model_copy(update={"idle": 5.0, "start": 5.0, "together": True})]
    assert {plan(TEACHER, one).key for one in same} == {made.key}
    other = [
        plan(JUDGE, how),
        plan(TEACHER.model_copy(update={"revision": "2"}), how),
        plan(TEACHER.model_copy(update={"trust_remote_code": "org/teacher"}), how),
        plan(TEACHER, Servers(command="vllm serve")),
        plan(TEACHER, Servers(command="vllm serve", arguments="--dtype float32", environment="A=1")),
        plan(TEACHER, Servers(**how.model_dump() | {"models": {"org/teacher": {"arguments": ["--seed", 1]}}})),
    ]
    assert len({made.key, *(one.key for one in other)}) == 7


def test_a_model_without_a_revision_is_not_started(folder: Path) -> None:
    with pytest.raises(EngineError, match="needs a revision"):
        ask(execution(folder), TEACHER.model_copy(update={"revision": None}))


def test_weights_that_lie_here_must_be_those_of_params(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    from xlforge.steps.stored import CachedLLM

    spec = Model(engine="vllm", model=str(tmp_path), revision="sha256:0")
    with pytest.raises(EngineError, match=r"params\.yaml says revision sha256:0"):
        CachedLLM(role="teacher", spec=spec, execution=Execution(cache="sqlite://")).load()
    with pytest.raises(ValidationError, match="write needs:"):
        Compared(engine="vllm", model=str(tmp_path), revision="sha256:0", against="base", needs="stages/answers.py")


def test_the_environment_says_how_servers_are_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_SERVERS_COMMAND", "venv/bin/python -m 'vllm server'")
    monkeypatch.setenv("XLFORGE_SERVERS_ENVIRONMENT", "A=1 B='x y'")
    monkeypatch.setenv("XLFORGE_SERVERS_TOGETHER", "true")
    found = environment.execution(Execution(servers={"idle": 7, "arguments": ["--seed", 3]})).servers
    assert found.command == ("venv/bin/python", "-m", "vllm server")
    assert found.environment == {"A": "1", "B": "x y"}
    assert (found.together, found.idle, found.arguments) == (True, 7, ("--seed", "3"))


def test_status_and_down(folder: Path) -> None:
    said = CliRunner().invoke(cli, ["engine", "status"])
    assert said.output == "no server runs\n"
    ask(execution(folder))
    (start,) = starts(folder)
    (row,) = orjson.loads(CliRunner().invoke(cli, ["engine", "status", "--json"]).output)
    assert (row["model"], row["state"]) == (TEACHER.model, "idle")
    strange = CliRunner().invoke(cli, ["engine", "down", "org/nobody"])
    assert "org/nobody" in str(strange.exception)
    assert running(folder) == [TEACHER.model]
    assert CliRunner().invoke(cli, ["engine", "down"]).output == "org/teacher: ended\n"
    assert not alive(start["process"], start["child"])


def test_one_that_is_asked_is_ended_only_by_force(folder: Path) -> None:
    how = execution(folder, "--standin-latency", "300")
    ask(how, many=0)
    (place,) = places(folder / "engines")
    process = at_work(folder, "--standin-latency", "300")
    until(lambda: not _free(place))
    assert "in use" in CliRunner().invoke(cli, ["engine", "status"]).output
    assert "--force" in str(CliRunner().invoke(cli, ["engine", "down"]).exception)
    assert running(folder)
    assert CliRunner().invoke(cli, ["engine", "down", "--force"]).output == "org/teacher: ended\n"
    _, told = process.communicate(timeout=30)
    assert "has ended" in told


@pytest.mark.slow
def test_a_build_has_one_server_for_all_its_stages_and_another_for_another_judge(tmp_path: Path) -> None:
    model = {"engine": "vllm", "model": "org/teacher", "revision": "1", "prompts": "full"}
    roles = {"teacher": model, "judge": model, "translators": {"pocket": model}, "estimator": model}
    stages = ("instructions", "responses", "scores", "translations", "selection")
    project = Project.make(tmp_path / "project", SMALL | roles | {f"{stage}.max_reject_rate": 1.0 for stage in stages})
    env = {
        "XLFORGE_SERVERS_COMMAND": f"{sys.executable} -m tests.standin --standin-starts {tmp_path / 'starts'}",
        "XLFORGE_SERVERS_ENVIRONMENT": f"PYTHONPATH={ROOT}",
        "XLFORGE_SERVERS_IDLE": "120",
    }
    try:
        assert names(project.repro(env=env)) == [*("seeds", *stages[:3], "translations@de", "selection@de"), "dataset"]
        assert len(starts(tmp_path)) == 1
        assert len(project.read("dataset")) > 0
        project.set({"judge.model": "org/judge"})
        assert names(project.repro(upto="scores", env=env)) == ["scores"]
        teacher, judge = starts(tmp_path)
        assert "org/judge" in judge["arguments"]
        assert not alive(teacher["process"], teacher["child"])
        told = project.run("xlforge", "engine", "up", "teacher", "judge", check=False, env=env).stderr
        assert "together is false" in told
        assert "org/judge" in project.run("xlforge", "engine", "up", "judge", env=env).stdout
        assert "org/judge: idle" in project.run("xlforge", "engine", "status").stdout
    finally:
        project.run("xlforge", "engine", "down", "--force")
    assert not alive(*(start["process"] for start in starts(tmp_path)))
