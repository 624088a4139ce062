"""`xlforge init`: a build of one's own, in a clone."""

import difflib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from xlforge.base.errors import BuildError

if TYPE_CHECKING:
    from xlforge.initial.choices import Choices

ROLES = ("teacher", "judge", "translator", "estimator")


@click.command(
    epilog="Example: xlforge init --example --languages de,pt --endpoint http://localhost:8000/v1 --model NAME"
)
@click.option(
    "--seeds", metavar="SOURCE", help="a file or folder (.jsonl, .parquet, .txt), or hub:NAME[:CONFIG][@COMMIT]"
)
@click.option(
    "--example",
    is_flag=True,
    help="the 150 real passages that ship, in place of --seeds; `--instruction question` uses their questions too",
)
@click.option("--text", metavar="COLUMN", help="of passages; `text` by default")
@click.option("--instruction", metavar="COLUMN", help="of questions that are used as they are")
@click.option("--response", metavar="COLUMN", help="of answers that are used as they are")
@click.option("--languages", metavar="CODES", help="such as de,pt; `paper` for the eight of the paper")
@click.option(
    "--endpoint", metavar="URL", help="an OpenAI-compatible endpoint serves the models; XLFORGE_ENDPOINT does too"
)
@click.option("--vllm", is_flag=True, help="the build starts vLLM's server; without both, models run in process")
@click.option("--model", metavar="NAME", help="of every role; `seq2seq:NAME` and the like for an engine of its own")
@click.option("--teacher", metavar="NAME", help="in place of --model")
@click.option("--judge", metavar="NAME", help="in place of --model")
@click.option("--translator", metavar="NAME", help="in place of --model")
@click.option("--estimator", metavar="NAME", help="in place of --model")
@click.option("--student", metavar="BASE", help="a model to train, or `none`")
@click.option("--recipe", default="lora_7b", show_default=True, help="of conf/student")
@click.option("--benchmark", metavar="NAME", help="`alpacaeval`, `m-arena-hard`, a file of prompts, or `none`")
@click.option("--reference", metavar="NAME", help="a model or a file of ready answers; the teacher by default")
@click.option(
    "--profile",
    type=click.Choice(["paper", "pocket"]),
    help="`paper`: what conf/paper.yaml has, where no flag names another; `pocket`: back to the params.yaml that ships",
)
@click.option("--dry-run", is_flag=True, help="Show what would change, and write nothing.")
def command(profile: str | None, dry_run: bool, **given: Any) -> None:
    """Begin a build of your own: write params.yaml, and remove what the build before left.

    On a terminal, what is missing is a question. What can be checked without a model call is checked first: the seeds, the models that
    the endpoint serves, commits on the hub, licences. Nothing is generated, and the response cache stays.
    """
    from xlforge.base.escape import plain
    from xlforge.base.files import write_text
    from xlforge.config.params import PARAMS
    from xlforge.initial import shipped
    from xlforge.initial.written import POCKET

    if profile == "pocket" and any(value for flag, value in given.items() if flag != "recipe"):
        raise BuildError("--profile pocket writes the params.yaml that ships: leave the other flags out")
    left = shipped.left()
    if not dry_run:
        shipped.refuse_changes()
    new, notes = (POCKET.read_text(encoding="utf-8"), list[str]()) if profile == "pocket" else _own(given, profile)
    for note in dict.fromkeys(notes):
        click.echo(f"xlforge: warning: {plain(note)}", err=True)
    if dry_run:
        old = PARAMS.read_text(encoding="utf-8").splitlines()
        for line in difflib.unified_diff(old, new.splitlines(), str(PARAMS), str(PARAMS), n=1, lineterm=""):
            click.echo(plain(line))
        click.echo("\n  ".join(["Would be removed:", *map(str, left)]))
        return
    write_text(new, PARAMS)
    shipped.remove(left)
    if "\nstudents: {}" in new:
        write_text("", shipped.NO_STUDENTS)
    click.echo(
        f"params.yaml is written, and {len(left)} files and folders of the build before are removed. Commit it, then:"
    )
    click.echo("  xlforge plan dataset    # calls, tokens and cost")
    click.echo("  dvc repro dataset       # build")
    click.echo("  xlforge summary         # sizes, rejects, examples")


def _own(given: dict[str, Any], profile: str | None) -> tuple[str, list[str]]:
    """The text of params.yaml for the flags, and warnings. Raises BuildError where it cannot be built."""
    from xlforge.config.yaml12 import read_yaml
    from xlforge.initial import checks, paper
    from xlforge.initial.choices import EXAMPLE
    from xlforge.initial.written import checked, written

    if given["example"] and given["seeds"]:
        raise BuildError("--example and --seeds exclude each other: leave one out")
    if given["example"]:
        given |= {"seeds": EXAMPLE, "text": given["text"] or "text"}
    if profile:
        given = given | {flag: given[flag] or value for flag, value in paper.flags().items()}
    hub = checks.Hub()
    choices = _choices(given, hub.commit)
    execution: dict[str, Any] = {"endpoint": given["endpoint"]} if given["endpoint"] else {}
    if given["vllm"]:
        execution = read_yaml(Path("conf/engine/vllm.yaml"))["execution"]
    text = written(choices.blocks(), execution)
    text = paper.laid_over(text) if profile else text
    config = checked(text)
    checks.seeds(config)
    notes = [*hub.notes, *checks.contaminated(config), *checks.endpoints(config), *checks.unpublishable(config)]
    return text, notes


def _choices(given: dict[str, Any], pinned: "Callable[[str, str], str | None]") -> "Choices":
    """The flags, and on a terminal the answers to questions about those that are missing."""
    from xlforge.initial.choices import EXAMPLE, RECIPES, Choices
    from xlforge.initial.paper import languages

    named = {name: given[name] for name in ("text", "instruction", "response") if given[name]}
    seeds = _given(given, "seeds", "Seeds: a file, a folder or hub:NAME", EXAMPLE)
    if not named and _terminal() and not seeds.endswith(".txt"):
        named = {"text": click.prompt("The column with passages", default="text")}
    codes = _given(given, "languages", "Languages, as codes, or paper for its eight", "de")
    engine = _engine(given)
    missing = [role for role in ROLES if not given[role]]
    common = _given(given, "model", "The model of every role") if missing else ""
    student = _given(given, "student", "The base of a student", "none", required=False)
    benchmark = _given(
        given, "benchmark", "The benchmark: alpacaeval, m-arena-hard, a file of prompts", "none", required=False
    )
    roles = {role: given[role] or common for role in ROLES}
    if not (RECIPES / f"{given['recipe']}.yaml").is_file():
        known = ", ".join(sorted(path.stem for path in RECIPES.glob("*.yaml")))
        raise BuildError(f"--recipe {given['recipe']!r} does not exist: {RECIPES} has {known}")
    return Choices(
        seeds=seeds,
        columns=named,
        languages=languages() if codes == "paper" else tuple(code.strip() for code in codes.split(",")),
        engine=engine,
        roles=roles,
        student=None if student == "none" else student,
        recipe=given["recipe"],
        benchmark=None if benchmark == "none" else benchmark,
        reference=given["reference"] or roles["teacher"],
        pinned=pinned,
    )


def _given(
    given: dict[str, Any], flag: str, question: str, default: str | None = None, *, required: bool = True
) -> str:
    """A flag's value; else the answer to a question; without a terminal an error for what is required, and else the default."""
    if given[flag]:
        return str(given[flag])
    if _terminal():
        return str(click.prompt(question, default=default))
    if required or default is None:
        raise BuildError(f"--{flag} is missing" + "; --example uses the passages that ship" * (flag == "seeds"))
    return default


def _terminal() -> bool:
    return sys.stdin.isatty()


def _engine(given: dict[str, Any]) -> str:
    """Who serves the models. Raises BuildError for an endpoint with a password, which params.yaml must not hold."""
    from xlforge.config.environment import execution
    from xlforge.config.execution import Execution

    if given["vllm"] and given["endpoint"]:
        raise BuildError("--vllm and --endpoint exclude each other: leave one out")
    if given["vllm"]:
        return "vllm"
    if not given["endpoint"] and execution(Execution()).endpoint:
        return "openai"
    if not given["endpoint"] and _terminal():
        given["endpoint"] = click.prompt("The endpoint that serves the models; empty for models in process", default="")
    if "@" in (given["endpoint"] or ""):
        raise BuildError(
            "--endpoint holds a login, which belongs in `.env`: write XLFORGE_ENDPOINT=… there, and leave it out here"
        )
    return "openai" if given["endpoint"] else "transformers"
