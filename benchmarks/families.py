"""Vendors' secrets of `families.yaml` in the places where people leave them, and placeholders.

Of a vendor's secret that only its name tells, the name always stands beside it.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from moderator.rulebook.samples import expand
from phrasings import half
from samples import Sample

_FAMILIES = Path(__file__).with_name("families.yaml")
_FORMS: Mapping[str, str] = {
    "environment": "{env}={value}",
    "shell": "export {env}='{value}'",
    "YAML": "config:\n  {yaml}: {value}\n  debug: false",
    "JSON": '{{"region": "cn", "{camel}": "{value}"}}',
    "Python": '{env} = "{value}"  # todo: move to vault',
    "Java": 'private static final String {env} = "{value}";',
    "log": "2026-11-22 10:00:01 ERROR [main] auth failed, {camel}={value}, retry=3",
    "Chinese chat": "{said}给你：{value}，别外传",
    "Chinese chat, is": "{said}是{value}",
    "English chat": "the {said} is {value}, keep it safe",
    "next line": "{said}\n{value}",
}
_ALONE: Mapping[str, str] = {
    "alone": "{value}",
    "Chinese, no space": "用{value}这个",
    "header": "curl -H 'Authorization: Bearer {value}' https://api.corp.example/v1",
    "question": "why does {value} return 401?",
}
_PLACEHOLDERS = (
    "", "xxxxxxxxxxxxxxxxxxxx", "********", "your_{lower}_here", "<{env}>", "${{{env}}}",
    "YOUR_{env}", "{{{{ {lower} }}}}", "changeme", "...", "[REDACTED]", "null", "示例", "请填写",
)  # fmt: skip


def leaks() -> Iterator[Sample]:
    """Every family in every form; `family` is the kind of family, `form` where it stands."""
    for kind, family, names, value in _families():
        forms = {**_FORMS, **_ALONE} if kind == "recognisable" else _FORMS
        for form, pattern in forms.items():
            filled = expand(value, seed=f"{family} {form}")
            text = pattern.format(value=filled, **names)
            start = text.index(filled)
            of_kind = f"{kind} ({'held out' if half(family) else 'read'})"
            yield Sample(text, family, "credential", of_kind, form, start, start + len(filled))


def harmless() -> Iterator[tuple[str, str]]:
    """The same places with a placeholder where the secret would stand, or with talk about it."""
    for _, family, names, _ in _families():
        for at, (form, pattern) in enumerate(_FORMS.items()):
            filler = _PLACEHOLDERS[(at + len(family)) % len(_PLACEHOLDERS)].format(**names)
            yield form, pattern.format(value=filler, **names)
        yield "talk", f"{names['said']}过期了，谁有权限换一个"
        yield "talk", f"where do we keep the {names['said']}?"


def _families() -> Iterator[tuple[str, str, dict[str, str], str]]:
    content = yaml.safe_load(_FAMILIES.read_text("utf-8"))
    for kind, families in content.items():
        for family, line in families.items():
            env, said, value = line.split(" | ")
            first, *rest = env.lower().split("_")
            names = {
                "env": env,
                "lower": env.lower(),
                "yaml": env.lower().replace("_", "-"),
                "camel": first + "".join(part.title() for part in rest),
                "said": said,
            }
            yield kind, family, names, value
