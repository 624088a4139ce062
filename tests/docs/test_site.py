"""The site is built with every warning an error, has a page for each command, and a link that leads nowhere ends it."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from commands.main import COMMANDS, cli
from tests.project import ROOT

pytestmark = pytest.mark.slow
pytest.importorskip("sphinx", reason="what `make docs` installs is not there")


def build(folder: Path, **pages: str) -> subprocess.CompletedProcess[str]:
    """Builds the pages into folder/site, some of them with words added."""
    shutil.copytree(ROOT / "docs", folder / "docs", ignore=shutil.ignore_patterns("_build"))
    shutil.copy(ROOT / "README.md", folder)
    for page, words in pages.items():
        path = folder / "docs" / f"{page}.md"
        path.write_text(f"{path.read_text() if path.exists() else ''}\n{words}\n")
    return subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", folder / "docs", folder / "site"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(folder)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def words(page: Path) -> str:
    """The text of a page, as it is read."""
    article = re.search(r"<article.*</article>", page.read_text(encoding="utf-8"), re.DOTALL)
    assert article
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", "", article[0])))


def told(name: str) -> list[str]:
    """What a command's help says that its page must say: options, their help, examples, of its subcommands too."""
    command = cli.get_command(click.Context(cli), name)
    waiting, found = [command], []
    while waiting:
        each = waiting.pop()
        assert each is not None
        waiting += each.commands.values() if isinstance(each, click.Group) else []
        found += [each.help or "", (each.epilog or "").removeprefix("Example: ")]
        for param in each.params:
            if isinstance(param, click.Option):
                found += [max(param.opts, key=len), param.help or ""]
    return [re.sub(r"\s+", " ", text.replace("`", "")).strip() for text in found]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_page_that_says_what_its_help_says(site: Path, name: str) -> None:
    page = words(site / "commands" / f"{name}.html")
    assert not [text for text in told(name) if text not in page]
    assert f"xlforge {name}" in words(site / "commands" / "index.html")


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert not re.findall(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["'](?:https?:)?//[^>]+>""", text), page


def test_notes_for_tests_are_not_on_the_pages(site: Path) -> None:
    for page in site.glob("*.html"):
        assert "not run:" not in words(page) and "run first:" not in words(page)


def test_dead_links_and_forgotten_pages_end_it(tmp_path: Path) -> None:
    done = build(
        tmp_path, start="[a](no-such-page.md) [b](seeds.md#no-such-heading) [c](#none)", forgotten="# Forgotten"
    )
    assert done.returncode != 0
    for said in ("no-such-page.md", "no-such-heading", "'none'", "forgotten.md: WARNING"):
        assert said in done.stderr
