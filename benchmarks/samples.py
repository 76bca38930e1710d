"""Positive samples of the pattern rules, made at run time from the rules' own examples.

Each example is filled with fresh values, put into the formats people write a name and a value in,
and wrapped in the sentences, code and quotes that such things arrive in.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import yaml

from moderator.rulebook.samples import expand

_PLACEHOLDER = re.compile(r"<[A-Za-z][A-Za-z0-9-]*:[^<>\n]*>")
_ASSIGNMENT = re.compile(
    r"(?P<name>[A-Za-z0-9_\u4e00-\u9fff]+(?:[ .-][A-Za-z0-9_\u4e00-\u9fff]+){0,3}?)"
    r"(?:\s*[:：=]\s*|\s*是\s*)(?P<quote>[\"']?)(?P<value><[a-z]+:[^<>\n]*>[^\s\"',，]*)(?P=quote)"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A text that must hit; `start` and `end` bound what is to be found in it.

    `family` is the pack the rule stands in, `form` how the value was written and wrapped.
    """

    text: str
    rule: str
    category: str
    family: str
    form: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Template:
    """An example of a rule as its pack has it, placeholders and all."""

    text: str
    rule: str
    category: str
    family: str

    @property
    def bare(self) -> bool:
        """Whether it is a value and nothing else."""
        return _PLACEHOLDER.search(self.text) is not None and not re.search(
            r"[\s\u3000-\u9fff:：=\"'/]", self.text
        )


FORMATS: Mapping[str, str] = {
    "format: colon": "{name}: {value}",
    "format: full-width colon": "{name}：{value}",
    "format: equals": "{name}={value}",
    "format: spaced equals": "{name} = {value}",
    "format: quoted": '{name} = "{value}"',
    "format: JSON": '"{name}": "{value}"',
    "format: 是": "{name}是{value}",
    "format: next line": "{name}：\n{value}",
}
CONTEXTS: Mapping[str, str] = {
    "alone": "{}",
    "Chinese sentence": "测试环境先用这个：{}，别外传",
    "Chinese, no space": "麻烦看下{}对不对",
    "English sentence": "hey, please use {} for the staging box, thanks",
    "English full stop": "Pasted it below. {}.",
    "mention": "@张三 {} 收到请回复",
    "quoted message": "「李四：{}」\n- - - - - - - - - - - - - - -\n收到，我试试",
    "Chinese quotes": "就是“{}”",
    "brackets": "备用的（{}）先别删",
    "backticks": "try `{}` instead",
    "lines": "# 配置如下\n{}\nDEBUG=true\n",
    "log line": "2026-11-22 10:01:33,120 INFO [worker-3] {}",
    "table": "| 预发 | {} | 运维 |",
    "HTML": "<p>{}</p>",
    "CRLF": "hi,\r\n\r\n{}\r\n\r\nthanks",
}
_IN_CODE = {
    "code: call": 'client = Client("{}")',
    "code: env": "export APP_SETTING={}",
    "code: YAML": "  setting: {}",
    "code: header": "curl -H 'Authorization: Bearer {}' https://api.corp.example/v1/me",
    "code: URL": "https://wiki.corp.example/page?ref=im&t={}&lang=zh",
}
_ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "encoded: base64": lambda text: base64.b64encode(text.encode()).decode(),
    "encoded: hex": lambda text: text.encode().hex(),
    "encoded: percent": lambda text: quote(text, safe="") if quote(text, safe="") != text else "",
}


def templates(directory: Path) -> list[Template]:
    """The examples of every enabled rule that has patterns, as the packs have them."""
    return [
        Template(example, rule["id"], pack["category"], path.stem)
        for path in sorted(directory.glob("*.yaml"))
        if "rules" in (pack := yaml.safe_load(path.read_text("utf-8"))) and pack.get("enabled", 1)
        for rule in pack["rules"]
        if "patterns" in rule and not rule.get("words") and rule.get("enabled", True)
        for example in rule.get("examples", ())
    ]


def samples(template: Template) -> Iterator[Sample]:
    """The template in every context, format and encoding that it can stand in."""
    for form, context in CONTEXTS.items():
        yield filled_sample(template, context, form=form)
    if template.bare:
        for form, context in _IN_CODE.items():
            yield filled_sample(template, context, form=form)
    for form, text in _reformatted(template.text):
        yield filled_sample(replace(template, text=text), "{}", form=form)
    yield _in_json(template)
    if template.category == "credential" and _PLACEHOLDER.search(template.text):
        yield from _encoded(template)


def filled_sample(template: Template, context: str, *, form: str = "") -> Sample:
    """Fill in fresh values; what must be found is the stretch from the first to the last."""
    filled, start, end = _filled(template.text, f"{template.rule} {form}")
    before, after = context.split("{}")
    return _placed(template, before + filled + after, form, len(before) + start, len(before) + end)


def _placed(template: Template, text: str, form: str, start: int, end: int) -> Sample:
    return Sample(text, template.rule, template.category, template.family, form, start, end)


def _filled(text: str, seed: str) -> tuple[str, int, int]:
    """The text with fresh values and the span of these; of all of it where there are none."""
    parts: list[str] = []
    start, length, end, at = -1, 0, 0, 0
    for found in _PLACEHOLDER.finditer(text):
        value = expand(found.group(), seed=f"{seed} {found.start()}")
        length += found.start() - at
        parts += [text[at : found.start()], value]
        start = length if start < 0 else start
        length += len(value)
        end, at = length, found.end()
    parts.append(text[at:])
    whole = "".join(parts)
    return (whole, start, end) if start >= 0 else (whole, 0, len(whole))


def _reformatted(text: str) -> Iterator[tuple[str, str]]:
    """A name and its value, the one such pair of the text, written in every other way."""
    found = _ASSIGNMENT.search(text)
    if found is None or len(_PLACEHOLDER.findall(text)) > 1 or re.search("://|[@&?\n]", text):
        return
    before, after = text[: found.start()], text[found.end() :]
    for form, pattern in FORMATS.items():
        if form == "format: JSON" and (before or after):
            continue
        yield form, before + pattern.format(name=found["name"], value=found["value"]) + after


def _in_json(template: Template) -> Sample:
    filled, _, _ = _filled(template.text, f"{template.rule} JSON")
    text = json.dumps({"msgtype": "text", "text": {"content": filled}}, ensure_ascii=False)
    return _placed(template, text, "JSON message", 0, len(text))


def _encoded(template: Template) -> Iterator[Sample]:
    filled, _, _ = _filled(template.text, f"{template.rule} encoded")
    for form, encode in _ENCODINGS.items():
        if encoded := encode(filled):
            yield _placed(template, f"内容 {encoded} 自己解", form, 3, 3 + len(encoded))
