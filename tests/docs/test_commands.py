"""Every command of README.md and docs/ is one that its program takes, whether it can be run here or not."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.checking import commands, fault
from tests.docs.editing import edit
from tests.docs.reading import PAGES, README, Block, blocks, inline, links, read
from tests.project import ROOT
from xlforge.config.params import load

READ = read()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_programs_take_what_a_page_tells(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    told = [(block.place, block.text, True) for block in blocks(page.name, text) if block.language == "sh"]
    told += [(place, words, False) for place, words in inline(page.name, text)]
    faults = [
        f"{place}: {' '.join(words)}: {wrong}"
        for place, script, whole in told
        for words in commands(script)
        if (wrong := fault(words, whole=whole))
    ]
    assert not faults, "\n".join(faults)


PARAMS = [block for block in READ if block.language == "yaml" and "version:" not in block.text]
"""A version that a page names is made on it, and test_pages.py runs it."""


@pytest.mark.parametrize("block", PARAMS, ids=lambda block: block.place)
def test_params_that_a_page_tells_are_right(block: Block, tmp_path: Path) -> None:
    made = tmp_path / "params.yaml"
    made.write_bytes((ROOT / "params.yaml").read_bytes())
    edit(made, block.text)
    load(made)


@pytest.mark.parametrize(
    "command",
    [
        "xlforge pln",
        "xlforge plan --jsn",
        "xlforge diff main tuned other",
        "xlforge cache gc --older-than soon",
        "xlforge publish dataset",
        "dvc reprod",
        "dvc exp run --nme low-bar",
        "dvc exp run -S '+conf/engine=nosuch'",
        "dvc exp run -S teacher.modle=x",
        "xlforge use engine/nosuch",
        "xlforge use teacher.modle=x",
        "make nothing",
        "python -m stages.nosuch",
        "XLFORGE_DEVICE=cuda xlforg summary > out.txt",
        "cd data && xlforge summry # a remark",
    ],
)
def test_a_wrong_command_is_seen(command: str) -> None:
    assert [wrong for words in commands(command) if (wrong := fault(words))]


def test_notes_are_read_and_belong_to_a_block() -> None:
    text = "<!-- not run: no server is here -->\n```sh\nxlforge engine up\n```\n\n<!-- run first:\nmkdir a\n-->\n```sh\nls a\n```\n"
    marked, prepared = blocks("page.md", text)
    assert (marked.reason, marked.line) == ("no server is here", 2)
    assert (prepared.first, prepared.reason) == ("mkdir a", "")
    with pytest.raises(ValueError, match=r"page\.md:3"):
        blocks("page.md", "<!-- not run: no server is here -->\n\nxlforge engine up\n")
    with pytest.raises(ValueError, match="block of bash"):
        blocks("page.md", "```bash\nxlforge summary\n```\n")


def test_the_reasons_given_for_the_readme_are_of_its_blocks() -> None:
    assert {block.reason for block in READ if block.page == "README.md" and block.reason} == set(README.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_links_to_other_sites_are_addresses(page: Path) -> None:
    """They are not fetched: `make docs BUILDER=linkcheck` does that, where there is a network."""
    for link in links(page.read_text(encoding="utf-8")):
        if ":" in link:
            parts = urlsplit(link)
            assert parts.scheme == "https" and " " not in link, link
            assert "." in parts.netloc and "@" not in parts.netloc, link
