"""A row's story as a page for a terminal. What a model or a source wrote is escaped wherever a terminal would obey it."""

from collections.abc import Iterator

from xlforge.base.escape import line, plain, styled
from xlforge.diff.words import as_text
from xlforge.lineage.story import Story

_HIDDEN = ("id", "provenance", "slots")
_SHORT, _LONG = 40, 100
_COLOURS = {"kept": "green", "rejected": "red"}


def page(story: Story) -> Iterator[str]:
    """The lines of a story. A long text that an earlier step has shown under the same name is left out, and so is a repeated call."""
    yield styled(line(story["id"]), bold=True)
    shown: set[tuple[str, str]] = set()
    for step in story["steps"]:
        yield ""
        yield from _step(step, shown)


def _step(step: Story, shown: set[tuple[str, str]]) -> Iterator[str]:
    title = styled(f"{step['name']} {step['version'] or ''}".rstrip(), bold=True)
    yield f"{title}  {styled(step['outcome'], fg=_COLOURS[step['outcome']])}  {line(step['id'])}"
    yield f"  built: {line(step['built']['note'] or '{commit:.10} {date} {subject}'.format(**step['built']))}"
    yield from (styled(f"  note: {line(note)}", fg="yellow") for note in step["notes"])
    for call in step["calls"]:
        yield from _call(call, step["id"], shown)
    if step["reject"]:
        yield f"  {styled('rejected', fg='red')}: {line(step['reject']['reason'])}"
        yield from _text("detail", step["reject"]["detail"])
        yield from _text("raw text", step["reject"]["raw"])
    new: set[tuple[str, str]] = set()
    yield from _columns(step["row"] or {}, shown, new)
    for table, rows in step["others"].items():
        for row in rows:
            mark = styled("→", fg="green", bold=True) if row.get("chosen") else "-"
            yield f"  {mark} {table}: {line(row['id'])}"
            yield from _columns(row, shown, new)
    if step["choice"]:
        yield f"  {styled('why', bold=True)}: {line(step['choice'])}"
    shown |= new


def _call(call: Story, row_id: str, shown: set[tuple[str, str]]) -> Iterator[str]:
    request, key = call["request"], ("key", call["key"])
    about = [call["purpose"], f"for {call['id']}" * (call["id"] != row_id)]
    about += [f"try {request['attempt'] + 1}"] if request and request["attempt"] else []
    what = f" ({line(', '.join(filter(None, about)))})" * any(about)
    yield f"  {styled(line(call['step'] or 'text'), bold=True)}{what}: {line(_model(call['model']))}"
    if call["key"] is None:
        yield f"    no model was called; source: {line(call['prompt'])}"
        return
    yield f"    prompt {line(call['prompt'])}, key {call['key']}"
    if key in shown:
        yield "    the same request as above"
    elif request:
        yield from _exchange(request, call["seed"], call["response"])
    else:
        yield styled("    the cache does not have this response", fg="yellow")
    if call["fault"]:
        yield styled(f"    not usable: {line(call['fault'])}", fg="red")
    shown.add(key)


def _exchange(request: Story, seed: int, response: Story) -> Iterator[str]:
    """What was sent and what came back."""
    sampling = ", ".join(f"{name} {value:g}" for name, value in request["sampling"].items())
    yield f"    engine {line(request['engine'])}, {sampling}, candidate {request['candidate']}, seed {seed}"
    for role, content in request["messages"]:
        yield from _block(f"    sent ({line(role)}):", content)
    tokens = f"{response['tokens_in']} tokens in, {response['tokens_out']} out"
    yield from _block(f"    received ({line(response['finish_reason'])}, {tokens}):", response["text"])


def _model(model: str) -> str:
    """A model with its revision, digests cut."""
    name, _, revision = model.partition("@")
    short = "+".join(part[:19] if part.startswith("sha256:") else part for part in revision.split("+"))
    return f"{name}@{short}" if short else name


def _columns(row: Story, shown: set[tuple[str, str]], new: set[tuple[str, str]]) -> Iterator[str]:
    """The columns of a row, short ones in one line; without the long ones that an earlier step has shown."""
    texts = {name: text for name in row if name not in _HIDDEN and (text := as_text(row[name], 4))}
    short = [f"{name} {text}" for name, text in texts.items() if len(text) <= _SHORT]
    if short:
        yield f"    {line(', '.join(short))}"
    for column in texts.items():
        if len(column[1]) > _SHORT and column not in shown:
            yield from _text(*column)
            new.add(column)


def _text(name: str, text: str) -> Iterator[str]:
    if "\n" in text or len(text) > _LONG:
        yield from _block(f"    {line(name)}:", text)
    elif text:
        yield f"    {line(name)}: {line(text)}"


def _block(title: str, text: str) -> Iterator[str]:
    yield title
    yield from (f"      {part}" for part in plain(text).split("\n"))
