"""answers@MODEL: what one model answers to every benchmark prompt."""

from pathlib import Path

from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Generates a model's answer to every benchmark prompt, or reads its answers from a file."""
    name, model = str(stage.item), stage.config.compared(stage.item)
    benchmark = stage.rows("benchmark").to_dicts()
    if model.file is not None:
        made = stage.module("ready").answers(Path(model.file), benchmark, name, model.revision)
    else:
        made = stage.run(benchmark)
    given = [row for row in made if not row["reject"]]
    cut = sum(row["finish"] == "length" for row in given)
    counts = {"empty": sum(not row["answer"] for row in given), "cut_off": cut}
    stage.deliver(made, expected=[row["id"] for row in benchmark], metrics=counts)


if __name__ == "__main__":
    main("answers", work)
