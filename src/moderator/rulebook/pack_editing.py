"""Adding an allow phrase to a pack file: the text around it, comments included, stays as it is."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Final

import yaml

from moderator.domain.rule import Rule
from moderator.matching.screening import Screen
from moderator.rulebook.allowing import quoted
from moderator.rulebook.documents import NotYaml, parse
from moderator.rulebook.packs import read_pack

_LARGEST: Final = 4_000_000  # characters


class NotEditable(Exception):
    """The file cannot be changed by a machine without changing more than was asked."""


def with_allow_phrase(text: str, rule_id: str, phrase: str) -> str:
    """The pack's text with one more allow phrase for the rule.

    Raises `NotEditable` where the rule is written in a way that this does not understand, or where
    the outcome would differ in anything else, or hide one of the rule's own examples.
    """
    edited = _inserted(text, _rule_node(text, rule_id), phrase)
    before, after = _rules(text), _rules(edited)
    rule = before.get(rule_id)
    if rule is None or phrase in rule.allow:
        raise NotEditable(f"rule {rule_id} cannot be read, or has the phrase already")
    expected = replace(rule, allow=(*rule.allow, phrase))
    if {**before, rule_id: _plain(expected)} != {**after, rule_id: _plain(after[rule_id])}:
        raise NotEditable("the file would not read as it should")
    hidden = _hidden_example(rule, expected)
    if hidden:
        raise NotEditable(f"an example of the rule would not hit any more: {hidden}")
    return edited


def write_over(file: Path, text: str) -> None:
    """Put `text` in place of the file's at one stroke, with the same mode.  Raises `OSError`."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=".", suffix=".tmp")
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.chmod(file.stat().st_mode & 0o777)
        beside.replace(file)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _plain(rule: Rule) -> Rule:
    """The rule without what follows from the change itself."""
    return replace(rule, version="", source="")


def _rules(text: str) -> dict[str, Rule]:
    try:
        document, _ = parse(text, file="")
    except NotYaml as error:
        raise NotEditable(str(error)) from error
    pack, _ = read_pack(document, digest="")
    return {each.rule.id: replace(each.rule, source="") for each in (pack.rules if pack else ())}


def _hidden_example(before: Rule, after: Rule) -> str:
    if after.masked:
        return ""
    shown, hidden = Screen([replace(before, enabled=True)]), Screen([replace(after, enabled=True)])
    lost = (text for text in before.examples if shown.screen(text) and not hidden.screen(text))
    return next(lost, "")


def _rule_node(text: str, rule_id: str) -> yaml.MappingNode:
    if len(text) > _LARGEST:
        raise NotEditable("the file is too large")
    try:
        # The C parser counts bytes in its marks; here places in the text are needed.
        pack = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise NotEditable("the file is not YAML") from error
    rules = _value(pack, "rules")
    for rule in rules.value if isinstance(rules, yaml.SequenceNode) else ():
        named = _value(rule, "id")
        if isinstance(rule, yaml.MappingNode) and named is not None and named.value == rule_id:
            return rule
    raise NotEditable(f"there is no rule {rule_id}")


def _inserted(text: str, rule: yaml.MappingNode, phrase: str) -> str:
    allow = _value(rule, "allow")
    if isinstance(allow, yaml.SequenceNode):
        if allow.flow_style:
            return _into_flow(text, allow, phrase)
        indent = " " * allow.start_mark.column
        return _after_line(text, allow.value[-1].end_mark.index, f"{indent}- {quoted(phrase)}")
    if allow is not None:
        raise NotEditable("`allow` is no list")
    if rule.flow_style:
        end = rule.end_mark.index - 1
        return f"{text[:end]}, allow: [{quoted(phrase)}]{text[end:]}"
    named, indent = _value(rule, "id"), " " * rule.start_mark.column
    at = named.end_mark.index if named is not None else rule.start_mark.index
    return _after_line(text, at, f"{indent}allow:\n{indent}  - {quoted(phrase)}")


def _into_flow(text: str, allow: yaml.SequenceNode, phrase: str) -> str:
    end = allow.value[-1].end_mark.index if allow.value else allow.start_mark.index + 1
    comma = ", " if allow.value else ""
    return f"{text[:end]}{comma}{quoted(phrase)}{text[end:]}"


def _after_line(text: str, index: int, lines: str) -> str:
    end = text.find("\n", index)
    end = len(text) if end < 0 else end
    return f"{text[:end]}\n{lines}{text[end:]}"


def _value(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)
