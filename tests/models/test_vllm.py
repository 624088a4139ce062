"""Servers that a build starts: one for all that use it, with room made for it, ended when idle, with a clear error when they fail."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Timer
from typing import Any

import orjson
import psutil
import pytest
from click.testing import CliRunner
from pydantic import ValidationError

from commands.main import cli
from tests.models.sinks import ListSink
from tests.models.vllm_server import JUDGE, ROOT, TEACHER, execution, texts
from tests.project import SMALL, Project, names
from tests.server import Server
from xlforge.config import environment, params
from xlforge.config.execution import Execution, Servers
from xlforge.config.models import Compared, Model
from xlforge.models.engine import EngineError
from xlforge.models.revision import adapted
from xlforge.models.vllm import server_files, servers
from xlforge.models.vllm.engine import VllmEngine
from xlforge.models.vllm.server_files import Running, ServerFiles, all_servers
from xlforge.models.vllm.server_spec import server_spec
from xlforge.steps.cached_llm import CachedLLM

SECRET = "-".join(("sk", "planted", "5ecre7"))
CALL = """
import sys
from pathlib import Path
from tests.models.vllm_server import TEACHER, texts, execution
from xlforge.models.vllm import servers
servers.state = lambda: Path(sys.argv[1])
run = execution(Path(sys.argv[1]), *sys.argv[3:], servers={"idle": float(sys.argv[2])})
print("calling", flush=True)
print(texts(run, TEACHER), flush=True)
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
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def at_work(folder: Path, *arguments: str, idle: float = 120) -> subprocess.Popen[str]:
    """A process of its own that calls the teacher."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CALL, str(folder), str(idle), *arguments],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "calling\n"
    return process


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """In place of `.xlforge`; servers that a test leaves are ended."""
    folder = tmp_path / ".xlforge"
    folder.mkdir()
    monkeypatch.setattr(servers, "state", lambda: folder)
    yield folder
    for files, _ in all_servers(folder / "engines"):
        files.end()
    left = alive(*(process for start in starts(folder) for process in (start["process"], start["child"])))
    assert not left, "a server outlived its end"


def running(folder: Path) -> list[str]:
    """The models that have a server."""
    return [found.model for _, found in all_servers(folder / "engines")]


def test_a_server_is_started_once_and_serves_later_calls(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = execution(folder, "--standin-slow", "0.5")
    first = texts(run)
    assert "its server is starting" in capfd.readouterr().err
    assert texts(run) == first
    assert at_work(folder, "--standin-slow", "0.5").wait(30) == 0
    assert len(starts(folder)) == 1
    assert "starting" not in capfd.readouterr().err


def test_two_that_begin_at_once_start_one_server(folder: Path) -> None:
    both = [at_work(folder, "--standin-slow", "1.5") for _ in range(2)]
    output = [process.communicate(timeout=40) for process in both]
    assert [process.returncode for process in both] == [0, 0], output
    assert output[0][0] == output[1][0] != ""
    assert len(starts(folder)) == 1


def test_a_server_that_fails_is_an_error_with_its_last_lines_and_no_secret(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", SECRET)
    with pytest.raises(EngineError) as error:
        texts(execution(folder, "--standin-fail", f"unknown architecture, token {SECRET}"))
    assert "loading weights" in str(error.value)
    assert "unknown architecture, token …" in str(error.value)
    assert "status 1" in str(error.value)
    assert "XLFORGE_SERVERS_COMMAND" in str(error.value)
    assert not running(folder)


def test_a_missing_command_is_an_error(folder: Path) -> None:
    run = Execution(servers=Servers(command="nowhere/python -m vllm"))
    with pytest.raises(EngineError, match=r"nowhere/python cannot be started(.|\n)*XLFORGE_SERVERS_COMMAND"):
        texts(run)


def test_a_start_that_takes_too_long_is_ended(folder: Path) -> None:
    with pytest.raises(EngineError, match="not ready after 4 s"):
        texts(execution(folder, "--standin-slow", "60", servers={"start": 4}))
    assert not running(folder)
    (start,) = starts(folder)
    assert not alive(start["process"], start["child"])


def test_an_idle_server_ends_by_itself(folder: Path) -> None:
    texts(execution(folder, servers={"idle": 1}))
    (start,) = starts(folder)
    assert alive(start["process"])
    until(lambda: not running(folder))
    assert not alive(start["process"], start["child"])
    assert [path.suffix for path in (folder / "engines").iterdir() if path.suffix not in (".owner", ".use", "")] == [
        ".log"
    ]


def test_a_server_does_not_end_while_it_is_used(folder: Path) -> None:
    assert texts(execution(folder, "--standin-latency", "3", servers={"idle": 0.5}), count=1)
    until(lambda: not running(folder))


def test_a_killed_build_leaves_no_server_past_the_idle_time(folder: Path) -> None:
    process = at_work(folder, "--standin-latency", "300", idle=2)
    until(lambda: [found for _, found in all_servers(folder / "engines") if found.ready])
    (start,) = starts(folder)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    killed = time.monotonic()
    assert running(folder) == [TEACHER.model]
    until(lambda: not running(folder), 7)
    assert time.monotonic() - killed > 1
    assert not alive(start["process"], start["child"])


def _free(files: ServerFiles) -> bool:
    """Whether nobody uses it; the supervisor holds the lock for a moment now and then too."""
    use = files.use(shared=False)
    free = use.wait(0.3)
    use.release()
    return free


def test_a_server_ends_with_its_owner(folder: Path) -> None:
    texts(execution(folder))
    (start,) = starts(folder)
    ((_, found),) = all_servers(folder / "engines")
    os.kill(found.owner, signal.SIGKILL)
    until(lambda: not alive(start["process"]))
    os.kill(start["child"], signal.SIGKILL)  # only the supervisor ends a server's own children
    assert texts(execution(folder))
    assert len(starts(folder)) == 2


def test_servers_that_do_not_fit_together_take_turns(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = execution(folder)
    for spec in (TEACHER, JUDGE, TEACHER):
        assert texts(run, spec)
        assert running(folder) == [spec.model]
    assert len(starts(folder)) == 3
    assert "org/teacher: its server is ended to make room for org/judge" in capfd.readouterr().err


def test_servers_that_fit_together_stay(folder: Path) -> None:
    run = execution(folder, servers={"together": True})
    for spec in (TEACHER, JUDGE, TEACHER):
        assert texts(run, spec)
    assert len(starts(folder)) == 2
    assert sorted(running(folder)) == ["org/judge", "org/teacher"]


def test_one_that_is_used_is_not_ended_for_another(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run = execution(folder, "--standin-latency", "2")
    texts(run, count=0)
    with ThreadPoolExecutor() as pool:
        first = pool.submit(texts, run, TEACHER)
        time.sleep(0.3)
        second = pool.submit(texts, run, JUDGE)
        assert len(first.result()) == len(second.result()) == 3
    assert running(folder) == [JUDGE.model]
    assert "waiting until org/teacher is no longer in use" in capfd.readouterr().err


def test_a_server_that_dies_stops_the_build_and_fails_no_row(folder: Path) -> None:
    run = execution(folder, servers={"environment": {"PYTHONPATH": str(ROOT), "MY_API_KEY": SECRET}})
    with pytest.raises(EngineError, match=r"has ended(.|\n)*CUDA out of memory, with the key …(.|\n)*status 9"):
        texts(run, text="die now")
    assert texts(run)


def test_an_endpoint_that_answers_is_used(folder: Path) -> None:
    with Server() as server:
        assert texts(execution(folder, endpoint=server.url))
        assert server.counts()["answered"] == 3
    assert not starts(folder)


def test_an_endpoint_that_does_not_answer_is_reported_and_a_server_started(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert texts(execution(folder, endpoint="http://127.0.0.1:9/v1"))
    assert "no server answers at 127.0.0.1" in capfd.readouterr().err
    assert len(starts(folder)) == 1


def test_keys_are_not_passed_on_and_values_of_the_environment_are_in_no_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLFORGE_API_KEY", SECRET)
    texts(execution(folder, servers={"environment": {"PYTHONPATH": str(ROOT), "HF_TOKEN": SECRET}}))
    (start,) = starts(folder)
    assert "HF_TOKEN" in start["environment"]
    assert not [name for name in start["environment"] if name.startswith("XLFORGE_")]
    for path in (folder / "engines").iterdir():
        assert SECRET.encode() not in path.read_bytes(), path


def test_a_proxy_is_not_used_for_our_own_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert texts(execution(folder))


def adapter(name: str, weights: str) -> Model:
    """A student as `answers` calls it, by its name alone."""
    student = Path("models/students", name)
    student.mkdir(parents=True, exist_ok=True)
    config = {"base_model_name_or_path": "org/base", "r": 24}
    (student / "adapter_config.json").write_bytes(orjson.dumps(config))
    (student / "adapter_model.safetensors").write_text(weights)
    return Model(engine="vllm", model=name, revision=adapted("1", student))


def test_students_are_called_by_name_on_one_server_of_their_base(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = execution(folder)
    one, two = adapter("one", "a"), adapter("two", "b")
    base = Model(engine="vllm", model="org/base", revision="1")
    for spec in (one, two, base, one):
        assert texts(run, spec)
    (start,) = starts(folder)
    assert "--enable-lora --max-lora-rank 32" in " ".join(start["arguments"])
    assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING" in start["environment"]
    ((_, found),) = all_servers(folder / "engines")
    assert sorted(found.adapters) == ["one", "two"]
    trained = adapter("one", "c")
    with pytest.raises(EngineError, match="adapter has changed"):
        texts(run, one)
    assert texts(run, trained)
    assert len(starts(folder)) == 2, "what was computed with the old adapter must not be served"


def test_an_adapter_that_the_server_refuses_is_an_error(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run, spec = execution(folder), adapter("one", "a")
    engine = VllmEngine(spec, "answers", run)
    Path("models/students/one/adapter_config.json").unlink()
    with pytest.raises(EngineError, match=r"does not take the adapter one: HTTP 404, .*No adapter found"):
        engine.generate([], ListSink())


def test_two_models_share_a_server_only_where_all_that_matters_is_the_same() -> None:
    settings = Servers(command="vllm serve", arguments="--dtype float32")
    spec = server_spec(TEACHER, settings)
    assert spec.command[:3] == ("vllm", "serve", "org/teacher")
    assert spec.command[-2:] == ("--dtype", "float32")
    same = settings.model_copy(update={"idle": 5.0, "start": 5.0, "together": True})
    assert server_spec(TEACHER, same).key == spec.key
    others = [
        server_spec(JUDGE, settings),
        server_spec(TEACHER.model_copy(update={"revision": "2"}), settings),
        server_spec(TEACHER.model_copy(update={"trust_remote_code": "org/teacher"}), settings),
        server_spec(TEACHER, Servers(command="vllm serve")),
        server_spec(TEACHER, Servers(command="vllm serve", arguments="--dtype float32", environment="A=1")),
        server_spec(
            TEACHER, Servers(**settings.model_dump() | {"models": {"org/teacher": {"arguments": ["--seed", 1]}}})
        ),
    ]
    assert len({spec.key, *(other.key for other in others)}) == 7


def test_a_model_without_a_revision_is_not_started(folder: Path) -> None:
    with pytest.raises(EngineError, match="needs a revision"):
        texts(execution(folder), TEACHER.model_copy(update={"revision": None}))


def test_weights_in_a_folder_must_be_those_of_params(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    spec = Model(engine="vllm", model=str(tmp_path), revision="sha256:0")
    with pytest.raises(EngineError, match=r"params\.yaml names revision sha256:0"):
        CachedLLM(role="teacher", spec=spec, execution=Execution(cache="sqlite://")).load()
    with pytest.raises(ValidationError, match="write needs:"):
        Compared(engine="vllm", model=str(tmp_path), revision="sha256:0", against="base", needs="stages/answers.py")


def test_the_environment_sets_how_servers_are_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_SERVERS_COMMAND", "venv/bin/python -m 'vllm server'")
    monkeypatch.setenv("XLFORGE_SERVERS_ENVIRONMENT", "A=1 B='x y'")
    monkeypatch.setenv("XLFORGE_SERVERS_TOGETHER", "true")
    found = environment.execution(Execution(servers={"idle": 7, "arguments": ["--seed", 3]})).servers
    assert found.command == ("venv/bin/python", "-m", "vllm server")
    assert found.environment == {"A": "1", "B": "x y"}
    assert (found.together, found.idle, found.arguments) == (True, 7, ("--seed", "3"))


def test_status_and_down(folder: Path) -> None:
    result = CliRunner().invoke(cli, ["engine", "status"])
    assert result.output == "no server runs\n"
    texts(execution(folder))
    (start,) = starts(folder)
    (row,) = orjson.loads(CliRunner().invoke(cli, ["engine", "status", "--json"]).output)
    assert (row["model"], row["state"]) == (TEACHER.model, "idle")
    unknown = CliRunner().invoke(cli, ["engine", "down", "org/nobody"])
    assert "org/nobody" in str(unknown.exception)
    assert running(folder) == [TEACHER.model]
    assert CliRunner().invoke(cli, ["engine", "down"]).output == "org/teacher: ended\n"
    assert not alive(start["process"], start["child"])


def test_up_starts_the_servers_of_roles(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = params.read()
    served = {"engine": "vllm", "model": TEACHER.model, "revision": TEACHER.revision}
    raw |= {"teacher": served, "translators": {"pocket": served}}
    raw["models"]["served"] = served | {"against": "served", "needs": "stages/answers.py"}
    raw["execution"] = {"servers": execution(folder).servers.model_dump()}
    monkeypatch.setattr(params, "load", lambda: params.parse(raw))
    for roles in ([], ["translators.pocket", "models.served"]):
        up = CliRunner().invoke(cli, ["engine", "up", *roles])
        assert up.exit_code == 0, up.exception
        assert [line.split(": at ")[0] for line in up.stdout.splitlines()] == (roles or ["teacher"])
    assert running(folder) == [TEACHER.model] and len(starts(folder)) == 1
    wrong = {"judge": "engine transformers", "nobody": "no role", "models.serve": "'served'", "translators.x": "pocket"}
    for role, message in wrong.items():
        assert message in str(CliRunner().invoke(cli, ["engine", "up", role]).exception)


def test_one_that_is_used_is_ended_only_by_force(folder: Path) -> None:
    run = execution(folder, "--standin-latency", "300")
    texts(run, count=0)
    ((files, _),) = all_servers(folder / "engines")
    process = at_work(folder, "--standin-latency", "300")
    until(lambda: not _free(files))
    assert "in use" in CliRunner().invoke(cli, ["engine", "status"]).output
    assert "--force" in str(CliRunner().invoke(cli, ["engine", "down"]).exception)
    assert running(folder)
    assert CliRunner().invoke(cli, ["engine", "down", "--force"]).output == "org/teacher: ended\n"
    _, output = process.communicate(timeout=30)
    assert "has ended" in output


def test_a_server_that_ends_by_itself_meanwhile_is_no_error_to_end(tmp_path: Path) -> None:
    """Its supervisor's record may name processes that are gone when it is read."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    files = ServerFiles(tmp_path, "key")
    files.write(Running("org/teacher", owner=gone.pid, server=gone.pid, port=1, since=0.0, idle=1.0))
    owner = files.owner()
    assert owner.take()
    Timer(0.3, owner.release).start()
    files.end()
    assert not all_servers(tmp_path)


def test_a_supervisor_that_does_not_end_is_killed_with_its_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the supervisor is gone by then and only the server is left."""
    monkeypatch.setattr(server_files, "_LONGEST_END", 0.2)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    server = subprocess.Popen(["sleep", "60"])
    files = ServerFiles(tmp_path, "key")
    files.write(Running("org/teacher", owner=gone.pid, server=server.pid, port=1, since=0.0, idle=1.0))
    owner = files.owner()
    assert owner.take()
    Timer(1, owner.release).start()
    files.end()
    assert server.wait(5) == -signal.SIGKILL


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
        assert "org/judge: idle" in project.run("xlforge", "engine", "status").stdout
    finally:
        project.run("xlforge", "engine", "down", "--force")
    assert not alive(*(start["process"] for start in starts(tmp_path)))
