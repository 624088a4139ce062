"""`xlforge diff`: rows by id and never by order, changed texts, reasons, and metrics whose noise is not reported as a change."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
import yaml
from click.testing import CliRunner, Result

from commands.main import cli
from tests.project import Project
from xlforge.base.errors import BuildError
from xlforge.diff import metrics, render, tables, words

ROWS = pl.DataFrame(
    {
        "id": ["a/de", "b/de", "c/hu", "d/hu"],
        "language": ["de", "de", "hu", "hu"],
        "translation": ["Das Haus ist alt.", "Der See ist tief.", "A ház régi.", "A tó mély."],
        "provenance": [[{"stage": "translations", "model": "m@1"}]] * 4,
    }
)
REJECTS = pl.DataFrame(
    {"id": ["e/de"], "stage": ["selection"], "reason": ["numbers_changed"], "detail": ["7 is 8"], "raw": ["acht"]}
)
METRICS: dict[str, Any] = {"rows": 4, "rejects": 1, "reasons": {"numbers_changed": 1}, "loss": 0.5}
DATASET = Path("data/dataset")


class Repository:
    """A repository with builds that no stage wrote: parquet files, dvc.lock, and the files of the DVC cache."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run("git", "init", "--quiet", "--initial-branch=main")
        self.run(sys.executable, "-m", "dvc", "init", "--quiet")

    def run(self, *command: str) -> str:
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout

    def build(
        self,
        rows: pl.DataFrame = ROWS,
        rejects: pl.DataFrame = REJECTS,
        figures: dict[str, Any] = METRICS,
        more: dict[str, pl.DataFrame] | None = None,
    ) -> None:
        """Writes a build into the working tree; its files are in the cache too."""
        made = {"rows.parquet": rows, "rejects.parquet": rejects} | (more or {})
        (self.folder / DATASET).mkdir(parents=True, exist_ok=True)
        for name, frame in made.items():
            frame.write_parquet(self.folder / DATASET / name)
        (self.folder / DATASET / "metrics.json").write_bytes(orjson.dumps(figures))
        outs = [{"path": str(DATASET / name), "md5": self.keep(DATASET / name)} for name in [*made, "metrics.json"]]
        (self.folder / "dvc.lock").write_text(
            yaml.safe_dump({"schema": "2.0", "stages": {"dataset": {"cmd": "true", "outs": outs}}})
        )

    def keep(self, path: Path) -> str:
        content = (self.folder / path).read_bytes()
        digest = hashlib.md5(content).hexdigest()
        cached = self.cached(digest)
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_bytes(content)
        return digest

    def cached(self, digest: str) -> Path:
        return self.folder / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]

    def commit(self) -> str:
        self.run("git", "add", "--force", "dvc.lock", str(DATASET / "metrics.json"))
        author = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
        self.run("git", *author, "commit", "--quiet", "--allow-empty", "--message", "built")
        return self.run("git", "rev-parse", "HEAD").strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    made = Repository(tmp_path)
    made.build()
    made.commit()
    monkeypatch.chdir(tmp_path)
    return made


def diff(*args: str) -> Result:
    return CliRunner().invoke(cli, ["diff", *args])


def compared(*args: str) -> dict[str, Any]:
    done = diff(*args, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = orjson.loads(done.stdout)
    return found


def counts(found: dict[str, Any], table: str = "rows") -> dict[str, tuple[int, int, int]]:
    languages = next(entry["languages"] for entry in found["tables"] if entry["table"] == table)
    return {code: (count["added"], count["removed"], count["changed"]) for code, count in languages.items()}


def test_a_build_compared_with_itself_has_no_changes_and_the_exit_code_is_0(repository: Repository) -> None:
    done = diff("--exit-code")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("nothing changed from HEAD")
    assert compared()["differs"] is False


def test_another_order_of_rows_is_no_change(repository: Repository) -> None:
    repository.build(ROWS.reverse(), more={"candidates.parquet": ROWS})
    repository.commit()
    repository.build(ROWS.sample(fraction=1, shuffle=True, seed=3), more={"candidates.parquet": ROWS.reverse()})
    assert diff("--exit-code").exit_code == 0


def test_rows_are_counted_by_language_and_the_exit_code_is_1(repository: Repository) -> None:
    after = ROWS.filter(pl.col("id") != "a/de").with_columns(
        translation=pl.when(pl.col("id") == "c/hu").then(pl.lit("A ház nagyon régi.")).otherwise("translation")
    )
    new = ROWS.head(1).with_columns(id=pl.lit("f/fr"), language=pl.lit("fr"))
    repository.build(pl.concat([after, new]))
    assert counts(compared()) == {"de": (0, 1, 0), "fr": (1, 0, 0), "hu": (0, 0, 1)}
    done = diff("--exit-code")
    assert done.exit_code == 1
    assert "A ház {+nagyon +}régi." in done.stdout


def test_the_order_of_the_sides_is_the_order_of_the_arguments(repository: Repository) -> None:
    first = repository.commit()
    repository.build(ROWS.head(3))
    repository.commit()
    assert counts(compared(first, "HEAD")) == {"de": (0, 0, 0), "hu": (0, 1, 0)}
    assert counts(compared("HEAD", first)) == {"de": (0, 0, 0), "hu": (1, 0, 0)}


def test_a_change_inside_a_list_is_a_change_of_its_column(repository: Repository) -> None:
    repository.build(
        ROWS.with_columns(
            provenance=pl.lit([{"stage": "translations", "model": "m@2"}], dtype=ROWS.schema["provenance"])
        )
    )
    assert next(iter(compared()["tables"]))["columns"] == {"provenance": 4}


def test_a_value_that_appears_or_disappears_is_a_change(repository: Repository) -> None:
    known = pl.when(pl.col("id") == "a/de").then(0.5)
    repository.build(ROWS.with_columns(quality=known))
    repository.commit()
    repository.build(ROWS.with_columns(quality=known.when(pl.col("id") == "b/de").then(0.0)))
    assert counts(compared())["de"] == (0, 0, 1)


def test_a_column_that_is_new_is_a_difference(repository: Repository) -> None:
    repository.build(ROWS.with_columns(fit=1))
    assert next(iter(compared()["tables"]))["only_after"] == ["fit"]
    assert diff("--exit-code").exit_code == 1


def test_reasons_that_grew_and_rows_that_moved_are_reported(repository: Repository) -> None:
    rejected = REJECTS.with_columns(id=pl.lit("b/de"), reason=pl.lit("wrong_language"))
    repository.build(ROWS.filter(pl.col("id") != "b/de"), pl.concat([REJECTS, rejected]))
    found = compared()
    grown = {"stage": "dataset", "language": "de", "reason": "wrong_language", "before": 0, "after": 1, "change": 1}
    assert found["reasons"] == [grown]
    assert found["moved"] == [{"stage": "dataset", "now_rejected": 1, "now_kept": 0}]


def test_files_of_a_folder_are_compared_as_tables(repository: Repository) -> None:
    lock = repository.folder / "dvc.lock"

    def config(rows: pl.DataFrame) -> None:
        """A config's folder, as dvc keeps one: a list of its files."""
        (repository.folder / DATASET / "bestof3").mkdir(exist_ok=True)
        rows.write_parquet(repository.folder / DATASET / "bestof3" / "german.parquet")
        digest = repository.keep(DATASET / "bestof3" / "german.parquet")
        listed = orjson.dumps([{"md5": digest, "relpath": "german.parquet"}])
        folder = hashlib.md5(listed).hexdigest() + ".dir"
        repository.cached(folder).parent.mkdir(parents=True, exist_ok=True)
        repository.cached(folder).write_bytes(listed)
        locked = yaml.safe_load(lock.read_text())
        locked["stages"]["dataset"]["outs"].append({"path": str(DATASET / "bestof3"), "md5": folder})
        lock.write_text(yaml.safe_dump(locked))

    config(ROWS)
    repository.commit()
    repository.build()
    config(ROWS.reverse())
    assert diff("--exit-code").exit_code == 0
    repository.build()
    config(ROWS.head(2))
    assert counts(compared(), "bestof3/german") == {"de": (0, 0, 0), "hu": (0, 2, 0)}
    repository.commit()
    shutil.rmtree(repository.folder / "data")
    assert counts(compared("HEAD~1", "HEAD"), "bestof3/german") == {"de": (0, 0, 0), "hu": (0, 2, 0)}


def test_branches_tags_and_experiments_are_read_without_a_checkout(repository: Repository) -> None:
    repository.run("git", "tag", "released")
    repository.build(ROWS.head(3))
    commit = repository.commit()
    repository.run("git", "update-ref", "refs/exps/aa/bbbb/hot-lake", commit)
    repository.run("git", "branch", "shorter")
    shutil.rmtree(repository.folder / "data")
    before = sorted(path.name for path in repository.folder.iterdir())
    for name in ("hot-lake", "shorter"):
        assert counts(compared("released", name)) == {"de": (0, 0, 0), "hu": (0, 1, 0)}
    assert sorted(path.name for path in repository.folder.iterdir()) == before
    assert compared("shorter", "workspace")["differs"] is False


def test_an_unknown_revision_gives_the_nearest_name_and_exit_code_2(repository: Repository) -> None:
    repository.run("git", "branch", "shorter")
    done = diff("shorte")
    assert done.exit_code == 2
    assert "did you mean 'shorter'?" in done.stderr
    assert done.stdout == ""


def test_a_file_missing_in_the_cache_is_fetched_from_the_remote_or_listed_as_not_compared(
    repository: Repository,
) -> None:
    remote = repository.folder / "remote"
    repository.run(sys.executable, "-m", "dvc", "remote", "add", "--default", "here", str(remote))
    first = yaml.safe_load((repository.folder / "dvc.lock").read_text())
    repository.build(ROWS.head(3), figures=METRICS | {"rows": 3})
    shutil.copytree(repository.folder / ".dvc" / "cache", remote)
    for out in first["stages"]["dataset"]["outs"]:
        repository.cached(out["md5"]).unlink()
    assert counts(compared()) == {"de": (0, 0, 0), "hu": (0, 1, 0)}
    for out in first["stages"]["dataset"]["outs"]:
        repository.cached(out["md5"]).unlink(missing_ok=True)
    shutil.rmtree(remote)
    found = compared()
    assert [entry["path"] for entry in found["not_compared"]] == ["data/dataset/rows.parquet"]
    assert {"stage": "dataset", "figure": "rows", "before": 4, "after": 3, "is": "exact", "change": -1} in found[
        "metrics"
    ]
    assert diff("--exit-code").exit_code == 1
    assert "Not compared" in diff().stdout


def test_a_revision_without_a_build_gives_a_note(repository: Repository) -> None:
    repository.run("git", "rm", "--quiet", "--cached", "dvc.lock")
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    repository.run("git", *author, "commit", "--quiet", "--message", "no build")
    found = compared()
    assert "HEAD has no dvc.lock" in found["notes"][0]
    assert counts(found) == {"de": (2, 0, 0), "hu": (2, 0, 0)}


def test_an_id_twice_in_a_table_is_an_error(tmp_path: Path) -> None:
    paths = [tmp_path / "before.parquet", tmp_path / "after.parquet"]
    ROWS.write_parquet(paths[0])
    pl.concat([ROWS, ROWS.head(1)]).write_parquet(paths[1])
    with pytest.raises(BuildError, match="twice"):
        tables.compared(*paths, None, 0)


@pytest.mark.parametrize(
    ("item", "frame", "language"),
    [
        ("hu", pl.DataFrame({"id": ["a"]}), "hu"),
        ("base", pl.DataFrame({"id": ["a/english/en/reference"]}), "en"),
        (None, pl.DataFrame({"id": ["a"]}), "en"),
        ("base", pl.DataFrame({"id": ["a"], "language": ["ga"]}), "ga"),
    ],
    ids=["stage", "id", "English", "column"],
)
def test_the_language_of_a_row(tmp_path: Path, item: str | None, frame: pl.DataFrame, language: str) -> None:
    frame.write_parquet(tmp_path / "rows.parquet")
    assert list(tables.compared(None, tmp_path / "rows.parquet", item, 0)["languages"]) == [language]


@pytest.mark.parametrize(
    ("before", "after", "removed", "added"),
    [
        ("The old house.", "The new house.", "old", "new"),
        ("Ő 17 éves.", "Ő 18 éves.", "17", "18"),
        ("这座房子很旧。", "这座房子很新。", "旧", "新"),
        ("one\ntwo", "one\n\ntwo", "\n", "\n\n"),
        ("", "anything", "", "anything"),
    ],
)
def test_changed_texts_are_compared_word_by_word(before: str, after: str, removed: str, added: str) -> None:
    parts = words.differences(before, after)
    assert "".join(text for kind, text in parts if kind != "added") == before
    assert "".join(text for kind, text in parts if kind != "removed") == after
    assert "".join(text for kind, text in parts if kind == "removed") == removed
    assert "".join(text for kind, text in parts if kind == "added") == added


def figure(value: float, low: float, high: float) -> dict[str, Any]:
    return {"models": {"tuned": {"mean": {"win_rate": value, "low": low, "high": high, "facts": value}}}}


@pytest.mark.parametrize(
    ("after", "verdict"),
    [(figure(22.0, 19.0, 25.0), "noise"), (figure(30.0, 27.0, 33.0), "beyond"), (figure(12.0, 10.0, 14.0), "beyond")],
    ids=["inside", "above", "below"],
)
def test_noise_is_not_read_as_change(after: dict[str, Any], verdict: str) -> None:
    found = {entry["figure"].rsplit(".", 1)[-1]: entry for entry in metrics.compared(figure(20.0, 17.0, 23.0), after)}
    assert set(found) == {"win_rate", "facts"}
    assert found["win_rate"]["is"] == verdict
    assert found["facts"]["is"] == "exact"


def test_the_interval_of_a_difference_is_made_of_both() -> None:
    entry = metrics.compared(figure(20.0, 17.0, 24.0), figure(30.0, 26.0, 33.0))[1]
    assert (entry["low"], entry["high"]) == (round(10 - 32**0.5, 4), round(10 + 18**0.5, 4))


@pytest.mark.parametrize("bounded", [{"low": 17.0, "high": 23.0}, {}], ids=["one side", "both sides"])
@pytest.mark.parametrize("name", ["win_rate", "difference"])
def test_a_change_from_too_few_prompts_is_neither_noise_nor_exact(name: str, bounded: dict[str, float]) -> None:
    found = metrics.compared({"mean": {name: 20.0, **bounded}}, {"mean": {name: 60.0}})
    entry = next(entry for entry in found if entry["figure"] == f"mean.{name}")
    assert (entry["change"], entry["is"]) == (40.0, "too few")
    assert not {"low", "high"} & entry.keys()
    nothing = {name: [] for name in ("tables", "reasons", "moved", "files", "not_compared")}
    ((_, _, rows),) = render.tables(nothing | {"metrics": [{"stage": "evaluation", **entry}]})
    assert rows == [["evaluation", f"mean.{name}", "20", "60", "+40", "too few"]]


def test_new_and_removed_figures_are_reported() -> None:
    assert [entry["is"] for entry in metrics.compared({"a": 1, "b": None}, {"b": 2, "c": 3})] == [
        "gone",
        "exact",
        "new",
    ]


HOSTILE = "<img src=x onerror=alert(1)> | ``` @everyone [x](javascript:1) \x1b[2J\u202e www.evil.example"


def test_what_a_model_wrote_stays_text_in_a_comment_and_on_a_terminal(repository: Repository) -> None:
    repository.build(ROWS.with_columns(translation=pl.lit(HOSTILE)), REJECTS.with_columns(reason=pl.lit(HOSTILE)))
    for shown in (diff("--md").stdout, diff().stdout, diff("--json").stdout):
        assert not {"\x1b", "\u202e"} & set(shown)
    text, fence = [], ""
    for row in diff("--md").stdout.splitlines():
        if fence:
            fence = "" if row == fence else fence
        elif row.startswith("```"):
            fence = row.removesuffix("text")
            assert len(fence) > 3
        else:
            text.append(row)
    bare = "\n".join(text)
    for mark in ("<img", "@everyone", "www.evil"):
        outside = "".join(bare.split("```` ")[::2])
        assert mark not in outside, outside
    row = next(row for row in text if "onerror" in row)
    assert row.replace("\\|", "").count("|") == 7


def test_a_comment_is_short_enough_whatever_changed(repository: Repository) -> None:
    many = pl.concat([ROWS.with_columns(id=pl.format("{}-{}", pl.lit(str(number)), "id")) for number in range(300)])
    repository.build(many.with_columns(translation=pl.lit("word " * 500)))
    text = diff("--md", "--samples", "1000").stdout
    assert len(text) < render.LARGEST
    assert "more samples are in `xlforge diff`" in text


def test_a_real_build_with_itself_shuffled_and_shortened(project: Project) -> None:
    def run(*args: str) -> subprocess.CompletedProcess[str]:
        return project.run("xlforge", "diff", *args, check=False)

    assert run("--exit-code").returncode == 0
    for path in project.folder.glob("data/**/*.parquet"):
        shuffled = pl.read_parquet(path).reverse()
        path.unlink()
        shuffled.write_parquet(path)
    done = run("--exit-code")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing changed" in done.stdout
    rows = project.folder / "data" / "selection" / "de" / "rows.parquet"
    pl.read_parquet(rows).head(5).write_parquet(rows)
    found = orjson.loads(run("--json").stdout)
    assert [entry["stage"] for entry in found["tables"]] == ["selection@de"]
    assert counts(found)["de"][1] > 0


@pytest.mark.slow
def test_a_moved_threshold_is_reported_as_the_build_reports_it(project: Project) -> None:
    before, rejected = project.read("scores"), project.read("scores", "rejects")
    assert len(rejected)
    project.set({"scores.threshold": {"min_grade": 1, "min_mean": 1.0}})
    project.repro()
    found = orjson.loads(project.run("xlforge", "diff", "--json").stdout)
    after = project.read("scores")
    assert len(after) == len(before) + len(rejected)
    scores = {entry["table"]: entry for entry in found["tables"] if entry["stage"] == "scores"}
    assert scores["rows"]["languages"]["en"]["added"] == len(rejected)
    assert next(entry for entry in found["moved"] if entry["stage"] == "scores")["now_kept"] == len(rejected)
    assert sum(entry["before"] for entry in found["reasons"] if entry["stage"] == "scores") == len(rejected)
    assert {"translations@de", "selection@de", "dataset"} <= {entry["stage"] for entry in found["tables"]}
