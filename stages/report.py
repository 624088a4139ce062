"""report: one self-contained page of everything that the build delivered."""

from xlforge.base.files import write_text
from xlforge.config.dag import items, stages
from xlforge.report.built import Built
from xlforge.report.page import render
from xlforge.stage.stage import DATA, Stage, main, refuse_leftovers


def work(stage: Stage) -> None:
    """Reads what every stage delivered and writes the page."""
    over = [name for name, declared in stages().items() if declared.over and (DATA / name).is_dir()]
    refuse_leftovers({name: items(name, stage.config) for name in over})
    write_text(render(Built(stage.config)), stage.out / "index.html")


if __name__ == "__main__":
    main("report", work)
