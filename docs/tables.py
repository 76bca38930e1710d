"""Write the tables of `reference.md` from the code: `python docs/tables.py`.

`tests/docs/test_reference.py` fails while it says something else.
"""

import re
import typing
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from starlette.routing import Route

from moderator.app import create_app
from moderator.ledger.database.engine import create_engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import Settings, build_settings

REFERENCE = Path(__file__).resolve().with_name("reference.md")


def settings_table() -> str:
    """Every setting with its default and meaning."""
    rows = [f"| `{name}` | {default} | {text} |" for name, default, text in _settings(Settings, "")]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def endpoints_table(app: FastAPI) -> str:
    """Every path that answers, with the first line of what its code says of it.

    The console's pages are listed in `console.md`.
    """
    every = {*_documented(app), *_plain(app)}
    rows = sorted(row for row in every if not row.startswith("| `/console/"))
    return "\n".join(["| path | methods | for |", "|---|---|---|", *rows])


def with_block(text: str, name: str, content: str) -> str:
    """`text` with the block between `<!-- name -->` and `<!-- /name -->` replaced."""
    block = f"<!-- {name} -->\n{content}\n<!-- /{name} -->"
    return re.sub(rf"<!-- {name} -->.*?<!-- /{name} -->", lambda _: block, text, flags=re.DOTALL)


def _settings(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        inner, step = _inner_model(field.annotation)
        if inner is None:
            yield f"{prefix}{name}", _default(field), field.description or ""
        else:
            yield from _settings(inner, f"{prefix}{name}.{step}")


def _inner_model(annotation: Any) -> tuple[type[BaseModel] | None, str]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, ""
    if typing.get_origin(annotation) is dict:
        value = typing.get_args(annotation)[1]
        if isinstance(value, type) and issubclass(value, BaseModel):
            return value, "NAME."
    return None, ""


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "*required*"
    value = field.get_default(call_default_factory=True)
    match value:
        case None | "" | () | {}:
            return "–"
        case bool():
            return f"`{str(value).lower()}`"
        case timedelta():
            return f"`{_iso(value)}`"
        case SecretStr():
            raise AssertionError("a secret must have no default")
        case _:
            return f"`{value}`".replace("com/`", "com`")


def _iso(value: timedelta) -> str:
    hours, seconds = divmod(int(value.total_seconds()), 3600)
    return f"PT{hours}H" if hours and not seconds else f"PT{int(value.total_seconds())}S"


def _documented(app: FastAPI) -> Iterator[str]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            purpose = operation.get("description", "").splitlines()[0]
            yield f"| `{path}` | {method.upper()} | {purpose} |"


def _plain(app: FastAPI) -> Iterator[str]:
    for route in app.routes:
        if isinstance(route, Route) and (purpose := route.endpoint.__doc__):
            methods = ", ".join(sorted((route.methods or set()) - {"HEAD"}))
            yield f"| `{route.path}` | {methods} | {purpose.strip().splitlines()[0]} |"


def service() -> FastAPI:
    """The service as it would be served; it is not started and asks nothing of anybody."""
    values = settings_of(
        invent_world(), api_url="http://127.0.0.1", database_url="postgresql+asyncpg://nobody/none"
    )
    settings = build_settings(values)
    return create_app(settings, create_engine(settings.database))


def with_tables(text: str) -> str:
    """The reference with both tables as the code has them."""
    text = with_block(text, "settings", settings_table())
    return with_block(text, "endpoints", endpoints_table(service()))


if __name__ == "__main__":
    REFERENCE.write_text(with_tables(REFERENCE.read_text("utf-8")), "utf-8")
