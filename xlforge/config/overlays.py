"""Overlays of `conf/`, written into params.yaml in place: its comments and anchors stay, and nothing is run."""

import difflib
import io
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import YAMLError
from ruamel.yaml.mergevalue import MergeValue
from ruamel.yaml.scalarstring import SingleQuotedScalarString

from xlforge.base.errors import BuildError
from xlforge.config.params import PARAMS, parse
from xlforge.config.yaml12 import read_yaml

CONF = Path("conf")


def overlaid(words: Sequence[str], params: Path = PARAMS) -> str:
    """The text of params.yaml with overlays and values applied, in the order given.

    Args:
        words: `engine/openai` is `conf/engine/openai.yaml`, and `own.yaml` that file; `teacher.model=NAME` is one value, in YAML;
            `~students.first` removes a key. A `${key}` is the value of that key in the result.

    Raises:
        BuildError: an overlay that does not exist, or a result that is not valid; it names each fault.
    """
    current = read_yaml(params)
    try:
        merged: Any = OmegaConf.create(current)
        for word in words:
            merged = _removed(merged, word[1:]) if word.startswith("~") else OmegaConf.merge(merged, _given(word))
        wanted: Any = OmegaConf.to_container(merged, resolve=True)
    except OmegaConfBaseException as error:
        raise BuildError(f"{' '.join(words)}: {str(error).splitlines()[0]}") from error
    parse(wanted)
    return edited(params.read_text(encoding="utf-8-sig"), wanted)


def edited(text: str, wanted: dict[str, Any]) -> str:
    """The text of params.yaml with these values, its comments and anchors kept."""
    document = _round_trip().load(text)
    shared = Counter(id(node) for node in _nodes(document))
    changed = {id(node) for node, new in _pairs(document, wanted) if shared[id(node)] > 1 and node != new}
    _write_out(document, changed, set())
    for node, new in list(_pairs(document, wanted)):
        if isinstance(node, CommentedMap) and isinstance(new, dict) and set(node) - set(new):
            _flatten(node)
    _update(document, wanted)
    text = _dumped(document)
    for path in list(_by_lines(document, wanted)):
        text = _edited(text, path, wanted)
    assert YAML(typ="safe").load(text) == wanted
    return text


def _round_trip() -> YAML:
    """Reads and writes YAML in the layout of params.yaml."""
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 1000
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.representer.add_representer(type(None), lambda to, _: to.represent_scalar("tag:yaml.org,2002:null", "null"))
    return yaml


def _dumped(document: CommentedMap) -> str:
    written = io.StringIO()
    _round_trip().dump(document, written)
    return written.getvalue()


def _removed(merged: Any, name: str) -> Any:
    """The values without a key."""
    parent, _, last = name.rpartition(".")
    place = OmegaConf.select(merged, parent) if parent else merged
    if not OmegaConf.is_dict(place) or last not in place:
        raise BuildError(f"~{name}: params.yaml has no {name}")
    del place[last]
    return merged


def _given(word: str) -> dict[str, Any]:
    """What one word of the command line sets."""
    name, equals, value = word.partition("=")
    if not equals:
        path = Path(name) if name.endswith(".yaml") else CONF / f"{name}.yaml"
        if not path.exists():
            known = [*sorted(str(each.relative_to(CONF).with_suffix("")) for each in CONF.glob("*/*.yaml")), "paper"]
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"{CONF}/ has {', '.join(known)}"
            raise BuildError(f"{name!r} is no overlay: {path} does not exist; {hint}; a value is KEY=VALUE")
        found = read_yaml(path)
        if not isinstance(found, dict):
            raise BuildError(f"{path} is no mapping of blocks, as params.yaml is")
        return found
    try:
        given = YAML(typ="safe").load(value)
    except YAMLError as error:
        raise BuildError(f"{word}: the value is not valid YAML: {error}") from error
    for key in reversed(name.split(".")):
        given = {key: given}
    return dict(given)


def _nodes(node: Any) -> Iterator[Any]:
    """Every mapping and list of a document, once for each place, a merge (`<<`) included."""
    if isinstance(node, CommentedMap | CommentedSeq):
        yield node
        children = [*node.merge, *node.values()] if isinstance(node, CommentedMap) else node
        for child in children:
            yield from _nodes(child)


def _pairs(node: Any, wanted: Any) -> Iterator[tuple[Any, Any]]:
    """The mappings of a document with those that shall be there."""
    yield node, wanted
    if isinstance(node, CommentedMap):
        for key, child in node.items():
            yield from _pairs(child, wanted.get(key) if isinstance(wanted, dict) else None)


def _write_out(node: Any, changed: set[int], seen: set[int]) -> None:
    """Writes out, wherever else it is used, each anchored mapping that changes at one place: the other places keep their values."""
    if not isinstance(node, CommentedMap):
        return
    if any(id(merged) in changed for merged in node.merge):
        _flatten(node)
    for key, child in list(node.items()):
        if id(child) in changed:
            if id(child) in seen:
                node[key] = _styled(child)
                node[key].fa.set_block_style()
            seen.add(id(child))
        _write_out(node[key], changed, seen)


def _flatten(node: CommentedMap) -> None:
    """Makes merged keys the mapping's own, quoted where it may stand between braces: there libyaml reads no colon without quotes."""
    if isinstance(node.merge, MergeValue):
        node.merge.value.clear()
    for key, value in list(node.items()):
        node[key] = _styled(value) if isinstance(value, str) else value


def _update(node: CommentedMap, wanted: dict[str, Any]) -> None:
    """Sets what differs and need not be edited by lines, and leaves all else, comments included, as it is."""
    for key, new in wanted.items():
        old = node.get(key)
        if key in node and old == new:
            continue
        if isinstance(old, CommentedMap) and isinstance(new, dict):
            _update(old, new)
        elif key not in node:  # not at the end: the comment above the next block belongs to the last key
            node.insert(max(len(node) - 1, 0), key, _styled(new))
        elif not _has_lines(old):
            node[key] = _styled(new)


def _has_lines(node: Any) -> bool:
    return isinstance(node, CommentedMap | CommentedSeq) and not node.fa.flow_style()


def _by_lines(node: CommentedMap, wanted: dict[str, Any], place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of keys that go, or whose value of several lines becomes another.

    ruamel keeps the comment that describes the next block inside the value above it, and would drop both.
    """
    for key, child in node.items():
        if key in wanted and isinstance(child, CommentedMap) and isinstance(wanted[key], dict):
            yield from _by_lines(child, wanted[key], (*place, key))
        elif key not in wanted or (_has_lines(child) and child != wanted[key]):
            yield (*place, key)


def _edited(text: str, path: tuple[str, ...], wanted: dict[str, Any]) -> str:
    """The text with one key as it is wanted, or without it."""
    document = _round_trip().load(text)
    *parents, last = path
    node, new = document, wanted
    for parent in parents:
        above, node, new = node, node[parent], new[parent]
    if node.fa.flow_style():
        del node[last]
        return _dumped(document)
    lines = text.splitlines(keepends=True)
    first, column = node.lc.key(last)
    end = first + 1
    while end < len(lines) and lines[end].startswith(" " * (column + 1)):
        end += 1
    if last in new:
        made = _dumped(CommentedMap({last: _styled(new[last])})).splitlines(keepends=True)
        lines[first:end] = [" " * column + line for line in made]
    else:
        del lines[first:end]
        if len(node) == 1 and parents:
            start = above.lc.key(parents[-1])[0]
            lines[start] = f"{lines[start].rstrip()} {{}}\n"
    return "".join(lines)


def _styled(new: Any) -> Any:
    """Lists and mappings of plain values in one line, as they are in params.yaml."""
    if not isinstance(new, dict | list):
        return SingleQuotedScalarString(new) if isinstance(new, str) and ":" in new else new
    children = [_styled(child) for child in (new.values() if isinstance(new, dict) else new)]
    made = CommentedMap(zip(new, children, strict=True)) if isinstance(new, dict) else CommentedSeq(children)
    if not any(isinstance(child, CommentedMap | CommentedSeq) for child in children):
        made.fa.set_flow_style()
    return made
