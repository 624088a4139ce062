"""`xlforge init` writes the params.yaml of a build of one's own, checks what can be checked, and removes what the build before left."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import polars as pl
import pytest
from click.testing import CliRunner, Result
from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError

import commands.init
from commands.main import cli
from tests.project import ROOT, Project
from xlforge.base.errors import BuildError
from xlforge.config.overlays import overlaid
from xlforge.config.params import Config, load
from xlforge.initial.choices import EXAMPLE, Choices
from xlforge.initial.written import POCKET, checked, written

LEFT = ("dvc.lock", "data/code/seeds.json", "data/selection/hu/metrics.json", "data/student/first/loss.csv")
UNTRACKED = (
    "data/selection/hu/rows.parquet",
    "models/students/first/adapter_config.json",
    "data/dataset/default/german.parquet",
)
PASSAGES = [
    "A lighthouse keeper once had to wind up the lamp's clockwork every four hours, also at night.",
    "Rye grows on poor and sandy soil where wheat fails, and its bread stays soft for a week.",
]
SERVED = {
    "plain": {},
    "short": {"max_model_len": 2048},
    "llama": {"meta": {"n_ctx": 1024}},
    "long": {"context_length": 131072},
}


@pytest.fixture(scope="module")
def cloned(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A checkout of the project with what a build leaves, and seeds."""
    project = Project.make(tmp_path_factory.mktemp("init") / "project", {})
    (project.folder / "params.yaml").write_bytes((ROOT / "params.yaml").read_bytes())
    for name in (*LEFT, *UNTRACKED):
        (project.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / name).write_text("{}\n")
    mine = project.folder / "mine"
    (mine / "texts").mkdir(parents=True)
    rows = [{"id": f"own-{number}", "text": text} for number, text in enumerate(PASSAGES)]
    (mine / "passages.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    pl.DataFrame({"body": PASSAGES}).write_parquet(mine / "passages.parquet")
    (mine / "texts" / "one.txt").write_text(PASSAGES[0])
    pairs = [
        {"question": "Why does rye bread stay soft?"},
        {"question": "Who wound the lamp?", "reply": "The keeper did."},
    ]
    (mine / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in pairs[::-1]))
    (mine / "prompts.jsonl").write_text('{"id": 1, "instruction": "Name three kinds of bread."}\n')
    (mine / "ready.jsonl").write_text('{"id": "1", "answer": "Rye, wheat and corn bread."}\n')
    project.commit("built")
    return project


@pytest.fixture
def project(cloned: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """The checkout, as it was after each test; no hub can be reached."""
    monkeypatch.chdir(cloned.folder)
    monkeypatch.setattr(
        "huggingface_hub.HfApi.repo_info", lambda *_, **__: (_ for _ in ()).throw(OSError("no network"))
    )
    yield cloned
    cloned.git("reset", "--quiet", "--hard")
    for name in UNTRACKED:
        (cloned.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (cloned.folder / name).write_text("{}\n")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A server that lists its models."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"data": [{"id": name, **more} for name, more in SERVED.items()]}).encode()
            if self.path.startswith("/locked"):
                body = b"{}"
            self.send_response(401 if self.path.startswith("/locked") else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()


def init(*words: str, seeds: str = "mine/passages.jsonl", languages: str = "de", **options: Any) -> Result:
    return CliRunner().invoke(cli, ["init", "--seeds", seeds, "--languages", languages, *words], **options)


def made(*words: str, **options: Any) -> Config:
    """The params.yaml that `init` writes."""
    done = init(*words, **options)
    assert done.exit_code == 0, done.exception or done.output
    return load()


def refused(*words: str, locked: bool = True, **options: Any) -> str:
    """The error of `init`, which wrote nothing."""
    before = Path("params.yaml").read_bytes()
    done = init(*words, **options)
    assert isinstance(done.exception, BuildError), done.output
    assert Path("params.yaml").read_bytes() == before
    assert Path("dvc.lock").exists() == locked
    return str(done.exception)


def test_a_dry_run_shows_what_is_written_and_removed_and_changes_nothing(project: Project, endpoint: str) -> None:
    with Path("README.md").open("a") as readme:
        readme.write("A change that is not committed.\n")
    before = Path("params.yaml").read_bytes()
    done = init("--dry-run", "--endpoint", endpoint, "--model", "plain")
    assert done.exit_code == 0, done.exception
    assert "+teacher: {engine: openai, model: plain, revision: null}" in done.stdout
    assert {line.strip() for line in done.stdout.splitlines()} >= set(LEFT)
    assert Path("params.yaml").read_bytes() == before
    assert all(Path(name).exists() for name in (*LEFT, *UNTRACKED))


def test_it_writes_one_build_and_removes_the_other(project: Project, endpoint: str) -> None:
    copy = Path(".xlforge/dvc.lock")
    copy.parent.mkdir(exist_ok=True)
    copy.write_text("a whole one of the build before")
    config = made("--endpoint", endpoint, "--model", "plain", "--judge", "long", languages="hu, de")
    assert (config.languages, config.teacher.model, config.judge.model) == (("hu", "de"), "plain", "long")
    assert config.execution.endpoint == endpoint
    assert "pocket" not in Path("params.yaml").read_text()
    assert not [name for name in (*LEFT, *UNTRACKED) if Path(name).exists()]
    assert not Path("data/selection").exists()
    assert not copy.exists(), "a lock that is cut would be restored from it"
    assert Path("data/prompts/pocket.jsonl").exists()
    changes = sorted(line[3:] for line in project.git("status", "--porcelain").splitlines())
    assert changes == sorted([*LEFT, "data/student/.gitkeep", "params.yaml"])


def test_changes_that_are_not_committed_are_named(project: Project) -> None:
    with Path("README.md").open("a") as readme:
        readme.write("A change that is not committed.\n")
    assert "README.md" in refused("--model", "models/pocket/teacher")


def test_models_behind_vllm_have_its_server(project: Project) -> None:
    config = made("--vllm", "--model", "org/teacher", "--translator", "openai:other")
    assert (config.teacher.engine, config.estimator.engine, config.translators["main"].engine) == (
        "vllm",
        "vllm",
        "openai",
    )
    assert config.execution.servers.arguments[0] == "--structured-outputs-config"


def test_the_shipped_build_comes_back(project: Project) -> None:
    assert POCKET.read_bytes() == Path("params.yaml").read_bytes(), f"copy params.yaml to {POCKET}"
    made("--model", "models/pocket/teacher")
    project.commit("mine")
    assert "leave the other flags out" in refused("--profile", "pocket", locked=False)
    assert CliRunner().invoke(cli, ["init", "--profile", "pocket"]).exit_code == 0
    assert Path("params.yaml").read_bytes() == POCKET.read_bytes()
    assert not Path("data/student/.gitkeep").exists()
    project.git("reset", "--quiet", "--hard", "HEAD~1")


@pytest.mark.parametrize(
    ("seeds", "flags", "source"),
    [
        ("mine/passages.jsonl", "", {"kind": "jsonl", "text": "text", "id": "id"}),
        ("mine/passages.parquet", "--text body", {"kind": "parquet", "text": "body", "id": None}),
        ("mine/texts", "", {"kind": "text", "path": "mine/texts"}),
        (
            "mine/pairs.jsonl",
            "--instruction question --response reply",
            {"instruction": "question", "response": "reply"},
        ),
        ("hub:org/name", "", {"kind": "hub", "name": "org/name", "config": None, "revision": None}),
        ("hub:org/name:en@0123abc", "--text body", {"config": "en", "revision": "0123abc", "text": "body"}),
    ],
)
def test_kinds_of_seeds(project: Project, seeds: str, flags: str, source: dict[str, Any]) -> None:
    config = made("--model", "models/pocket/teacher", *flags.split(), seeds=seeds)
    found = config.block("seeds").source.model_dump()
    assert {key: found[key] for key in source} == source


@pytest.mark.parametrize(
    ("seeds", "flags", "message"),
    [
        ("mine/none.jsonl", "", "--seeds: mine/none.jsonl does not exist"),
        ("mine", "", "several kinds"),
        ("README.md", "", "no such file"),
        ("mine/passages.parquet", "", "--text: mine/passages.parquet has no column 'text'; it has body"),
        (
            "mine/passages.jsonl",
            "--response answer",
            "--response: mine/passages.jsonl has no column 'answer'; it has id, text",
        ),
        ("mine/pairs.jsonl", "--instruction question", "--response or --text"),
        ("mine/passages.jsonl", "--text id --student x --recipe huge", "conf/student has lora_1b"),
        ("mine/passages.jsonl", "--languages de,xx", "unknown language 'xx'"),
        ("mine/passages.jsonl", "--example", "--example and --seeds exclude each other"),
        ("mine/passages.jsonl", "--vllm --endpoint http://localhost/v1", "leave one out"),
        ("mine/passages.jsonl", "--endpoint http://me:secret@localhost/v1", "`.env`"),
        ("mine/passages.jsonl", "--benchmark mine/ready.jsonl", "no column 'instruction'; it has answer, id"),
        ("mine/passages.jsonl", "--benchmark mine", "does not exist, or is not a .json"),
    ],
)
def test_what_cannot_be_built_is_an_error(project: Project, seeds: str, flags: str, message: str) -> None:
    error = refused("--model", "models/pocket/teacher", *flags.split(), seeds=seeds)
    assert message in error
    assert "secret" not in error


@pytest.mark.parametrize("gives", [{}, {"instruction": "question"}])
def test_the_example_needs_no_seeds_and_stays(project: Project, gives: dict[str, str]) -> None:
    words = ["--languages", "de", "--model", "models/pocket/teacher"]
    words += [word for flag, column in gives.items() for word in (f"--{flag}", column)]
    done = CliRunner().invoke(cli, ["init", "--example", *words])
    assert (done.exit_code, done.stderr) == (0, ""), done.exception
    source = load().block("seeds").source
    assert (source.path, source.text, source.id, source.gives) == (EXAMPLE, "text", "id", gives)
    assert Path(EXAMPLE).read_bytes() == (ROOT / EXAMPLE).read_bytes()


def test_what_is_missing_is_a_flag_or_a_question(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "--model is missing" in refused()
    assert "--seeds is missing; --example" in str(CliRunner().invoke(cli, ["init"]).exception)
    monkeypatch.setattr(commands.init, "_terminal", lambda: True)
    typed = ["mine/passages.jsonl", "", "paper", "", "models/pocket/teacher", "", ""]
    done = CliRunner().invoke(cli, ["init"], input="\n".join(typed) + "\n")
    assert done.exit_code == 0, done.exception or done.output
    config = load()
    assert config.languages == ("de", "pt", "zh", "hi", "hu", "lt", "ga", "mt")
    assert (config.teacher.engine, config.students, list(config.models)) == ("transformers", {}, ["reference"])
    project.git("reset", "--quiet", "--hard")
    assert CliRunner().invoke(cli, ["init"], input="\n".join(["", *typed[1:]]) + "\n").exit_code == 0
    assert load().block("seeds").source.path == EXAMPLE


def test_a_model_that_the_endpoint_lacks_is_an_error_and_a_missing_endpoint_is_none(
    project: Project, endpoint: str
) -> None:
    error = refused("--endpoint", endpoint, "--model", "plain", "--translator", "plian")
    assert all(word in error for word in ("translator", "'plian'", *SERVED))
    for url in ("http://127.0.0.1:9/v1", endpoint.replace("/v1", "/locked/v1")):
        done = init("--dry-run", "--endpoint", url, "--model", "plain")
        assert done.exit_code == 0
        assert done.stderr.count("the models were not checked") == 1


def test_the_endpoint_of_the_environment_serves_and_is_not_written(
    project: Project, endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLFORGE_ENDPOINT", endpoint.replace("//", "//me:secret@"))
    config = made("--model", "plain")
    assert (config.teacher.engine, config.execution.endpoint) == ("openai", None)
    assert "secret" not in Path("params.yaml").read_text()


@pytest.mark.parametrize(("name", "warned"), [("plain", False), ("short", True), ("llama", True), ("long", False)])
def test_a_short_context_is_a_warning(project: Project, endpoint: str, name: str, warned: bool) -> None:
    done = init("--dry-run", "--endpoint", endpoint, "--model", name)
    assert ("seeds.max_chars" in done.stderr) == warned


def test_licences_that_are_not_known_are_warnings_with_the_entry(project: Project, endpoint: str) -> None:
    done = init(
        "--dry-run", "--endpoint", endpoint, "--model", "plain", "--judge", "models/pocket/judge", "--judge", "long"
    )
    assert "- {name: plain, licence: …" in done.stderr
    assert "add under `sources` in conf/licences.yaml: - {name: mine/passages.jsonl" in done.stderr
    done = init("--dry-run", "--model", "models/pocket/teacher", seeds="data/seeds/pocket.jsonl")
    assert done.stderr == ""
    done = init(
        "--dry-run", "--model", "models/pocket/teacher", "--student", "org/base", seeds="data/seeds/pocket.jsonl"
    )
    assert "add under `models` in conf/licences.yaml: - {name: org/base" in done.stderr


def test_repositories_of_the_hub_are_pinned(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    class Info:
        sha = "4" * 40

    monkeypatch.setattr("huggingface_hub.HfApi.repo_info", lambda *_, **__: Info)
    monkeypatch.setattr("huggingface_hub.HfApi.auth_check", lambda *_, **__: None)
    words = (
        "--model",
        "org/teacher",
        "--student",
        "org/base",
        "--benchmark",
        "alpacaeval",
        "--reference",
        "openai:gpt-x",
    )
    config = made(*words, seeds="hub:org/seeds")
    source = config.block("benchmark").source
    pins = [
        config.teacher.revision,
        config.block("seeds").source.revision,
        config.bases["base"].revision,
        source.revision,
    ]
    assert pins == [Info.sha] * 4
    assert (source.name, config.models["reference"].engine) == ("viyer98/XL-AlpacaEval", "openai")
    assert {name: entry.against for name, entry in config.models.items()} == {
        "reference": "reference", "base": "base", "bestof3": "base",
    }  # fmt: skip


def test_m_arena_hard_has_its_own_translations(project: Project) -> None:
    flags = ("--model", "models/pocket/teacher", "--benchmark", "m-arena-hard")
    benchmark = made(*flags, languages="de,fr").block("benchmark")
    assert (benchmark.source.name, benchmark.source.config) == ("CohereLabs/m-ArenaHard-v2.0", "en")
    assert (benchmark.translated.config, benchmark.translated.id, benchmark.requested) == (
        "{code}",
        "question_id",
        None,
    )
    assert "same_language" in benchmark.sets
    project.git("reset", "--quiet", "--hard")
    assert made(*flags, languages="de,ga").block("benchmark").sets == ("crosslingual", "english")


def test_a_gated_repository_is_a_warning_and_an_unknown_one_an_error(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def repo_info(_: Any, name: str, **__: Any) -> None:
        answer = httpx2.Response(403, request=httpx2.Request("GET", "http://localhost"))
        raise (GatedRepoError if name == "org/gated" else RepositoryNotFoundError)("refused", response=answer)

    monkeypatch.setattr("huggingface_hub.HfApi.repo_info", repo_info)
    done = init("--dry-run", "--model", "models/pocket/teacher", seeds="hub:org/gated")
    assert "org/gated is gated" in done.stderr
    assert "no dataset 'org/unknown'" in refused("--model", "models/pocket/teacher", seeds="hub:org/unknown")


def test_without_the_hub_a_commit_is_a_warning(project: Project) -> None:
    done = init("--model", "org/teacher", "--benchmark", "alpacaeval", languages="fr")
    assert "write its commit" in done.stderr
    assert "seeds.prompts" in done.stderr
    assert load().block("benchmark").requested is None  # the authors have no French


def test_a_benchmark_and_answers_of_ones_own(project: Project) -> None:
    config = made(
        "--model", "models/pocket/teacher", "--benchmark", "mine/prompts.jsonl", "--reference", "mine/ready.jsonl"
    )
    benchmark, digest = config.block("benchmark"), hashlib.sha256(Path("mine/ready.jsonl").read_bytes()).hexdigest()
    assert (benchmark.source.instruction, benchmark.source.id) == ("instruction", "id")
    assert config.block("seeds").prompts == "mine/prompts.jsonl"
    assert config.models["reference"].revision == f"sha256:{digest}"
    assert config.models["teacher"].needs == "models/pocket/teacher"


def test_the_papers_profile_is_its_whole_evaluation(project: Project) -> None:
    done = CliRunner().invoke(cli, ["init", "--profile", "paper", "--model", "models/pocket/teacher"])
    assert done.exit_code == 0, done.exception or done.output
    config = load()
    benchmark, verdicts = config.block("benchmark"), config.block("verdicts")
    assert (len(config.languages), config.judge.model, config.judge.engine) == (8, "gpt-4o", "openai")
    assert (config.models["reference"].model, config.models["reference"].engine) == ("gpt-4o-mini", "openai")
    assert (benchmark.source.name, benchmark.translated.name) == ("viyer98/XL-AlpacaEval", "viyer98/m-AlpacaEval")
    assert set(benchmark.sets) == {"crosslingual", "english", "same_language"}
    assert (verdicts.judge, verdicts.grades, verdicts.reference) == ("llm", True, "reference")
    assert config.block("answers").sampling.max_tokens >= 2048
    assert {name: entry.rows for name, entry in config.students.items()} == {"bestof3": 1000, "first": 1000}
    assert set(config.models) == {"reference", "base", "bestof3", "first"}
    assert config.block("seeds").source.name == "uonlp/CulturaX"
    assert config.student.dtype == "bfloat16"


def test_flags_win_over_the_papers_profile(project: Project) -> None:
    flags = ("--profile", "paper", "--model", "models/pocket/teacher", "--judge", "models/pocket/judge")
    config = made(*flags, "--student", "none")
    assert (config.languages, config.judge.model) == (("de",), "models/pocket/judge")
    assert config.block("seeds").source.path == "mine/passages.jsonl"
    assert (config.students, set(config.models)) == ({}, {"reference", "teacher"})
    assert config.block("verdicts").grades
    project.git("reset", "--quiet", "--hard")
    config = made(*flags, "--benchmark", "mine/prompts.jsonl", "--reference", "mine/ready.jsonl")
    assert (set(config.students), config.models["reference"].file) == ({"bestof3", "first"}, "mine/ready.jsonl")
    project.git("reset", "--quiet", "--hard")
    config = made(*flags, "--benchmark", "none")
    assert (set(config.students), set(config.models)) == ({"bestof3", "first"}, {"reference"})


def test_a_translation_system_with_a_model_for_each_language(project: Project) -> None:
    system = {"--translator": "seq2seq:models/{language}", "--estimator": "seq2seq:org/back"}
    for code in ("de", "hu"):
        Path("models", code).mkdir()
        Path("models", code, "config.json").write_text(f'"{code}"')
    config = made(
        "--model", "models/pocket/teacher", *(word for pair in system.items() for word in pair), languages="de,hu"
    )
    translator = config.translators["main"]
    assert (translator.engine, translator.prompts, sorted(translator.revisions)) == ("seq2seq", "text", ["de", "hu"])
    assert len(set(translator.revisions.values())) == 2
    assert config.block("translations").sampling.temperature == 0


ODD = [
    "no",
    "null",
    "1e3",
    "2026-11-28",
    "a: b",
    "# x",
    "{{ x }}",
    "${y}",
    "{% if %}",
    '"',
    "'",
    "\\",
    "é 🙂",
    "-",
    "*a",
    "x\ny",
    "\x85",
]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_read_as_they_were_given(project: Project, name: str) -> None:
    roles = dict.fromkeys(("teacher", "judge", "translator", "estimator"), name)
    columns = {"text": name, "response": f"{name}2"}
    choices = Choices("hub:org/name@1", columns, ("de",), "openai", roles, None, "lora_1b", None, name, lambda *_: None)
    text = written(choices.blocks(), {"endpoint": f"http://localhost/{name}"})
    config = checked(text)
    models = [config.teacher.model, config.translators["main"].model, config.models["reference"].model]
    assert models == [name] * 3
    assert config.execution.endpoint == f"http://localhost/{name}"
    assert config.block("seeds").source.gives == {"response": f"{name}2"}


def test_what_it_writes_can_be_edited_by_use(project: Project) -> None:
    made("--model", "models/pocket/teacher")
    Path("params.yaml").write_text(overlaid(["student/lora_1b", "selection.min_quality=0.5", "engine/openai"]))
    config = load()
    assert (config.student.num_train_epochs, config.block("selection").min_quality) == (3, 0.5)
    assert "# Written by `xlforge init`" in Path("params.yaml").read_text()
