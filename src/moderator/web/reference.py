"""`/api/docs`: the API's reference as one page, without a script and without another host.

The usual page loads its scripts from a content delivery network, into a browser that holds a
bearer token; in a closed network it stays empty.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "code,pre{background:#f3f4f6;border-radius:4px;padding:.1em .3em}"
    "section{border-top:1px solid #ddd;margin-top:1.5rem}"
    "table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;vertical-align:top;border-bottom:1px solid #eee;padding:.3rem .6rem}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_HEADERS: Final = {
    "content-security-policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

Schema = Mapping[str, Any]


def reference_route(app: FastAPI) -> Route:
    """The page for what `app` serves by then."""

    async def reference(_request: Request) -> Response:
        """The reference of the query API, for reading."""
        return HTMLResponse(reference_page(app.openapi()), headers=_HEADERS)

    return Route("/api/docs", reference, include_in_schema=False)


def reference_page(openapi: Schema) -> str:
    """HTML for an OpenAPI description."""
    info = openapi["info"]
    title = escape(f"{info['title']} {info['version']}")
    return (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        f"<meta name=viewport content='width=device-width'><title>{title}</title>"
        f"<style>{_STYLE}</style><h1>{title}: query API</h1>"
        "<p>Send <code>Authorization: Bearer …</code> with every call. "
        "For machines: <a href=/api/openapi.json>/api/openapi.json</a>.</p>"
        + "".join(_operations(openapi))
        + "<h2 id=schemas>Schemas</h2>"
        + "".join(_schemas(openapi))
        + "</html>"
    )


def _operations(openapi: Schema) -> Iterator[str]:
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            yield (
                f"<section><h2><code>{escape(method.upper())} {escape(path)}</code></h2>"
                f"<p>{escape(operation.get('description', ''))}</p>"
                f"{_parameters(operation)}{_body(operation)}{_answers(operation)}</section>"
            )


def _parameters(operation: Schema) -> str:
    rows = [
        (f"<code>{escape(one['name'])}</code>", _type(one["schema"]), one.get("description", ""))
        for one in operation.get("parameters", ())
        if one["in"] in {"path", "query"}
    ]
    return _table(("parameter", "type", "meaning"), rows)


def _body(operation: Schema) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return "".join(f"<p>Body: {_type(kind['schema'])}</p>" for kind in content.values())


def _answers(operation: Schema) -> str:
    rows = [
        (escape(status), _answer(answer), answer.get("description", ""))
        for status, answer in operation["responses"].items()
    ]
    return _table(("status", "body", "meaning"), rows)


def _answer(answer: Schema) -> str:
    return " ".join(_type(kind["schema"]) for kind in answer.get("content", {}).values())


def _schemas(openapi: Schema) -> Iterator[str]:
    for name, schema in openapi.get("components", {}).get("schemas", {}).items():
        rows = [
            (f"<code>{escape(field)}</code>", _type(kind), kind.get("description", ""))
            for field, kind in schema.get("properties", {}).items()
        ]
        values = ", ".join(map(str, schema.get("enum", ())))
        told = escape(schema.get("description", "") + (f" One of: {values}." if values else ""))
        yield f"<section id={escape(name)}><h3>{escape(name)}</h3><p>{told}</p>"
        yield _table(("field", "type", "meaning"), rows) + "</section>"


def _type(schema: Schema) -> str:
    if reference := schema.get("$ref"):
        name = escape(str(reference).rsplit("/", 1)[-1])
        return f"<a href=#{name}>{name}</a>"
    if options := schema.get("anyOf"):
        return " or ".join(_type(option) for option in options)
    if items := schema.get("items"):
        return f"list of {_type(items)}"
    return escape(str(schema.get("format") or schema.get("type", "")))


def _table(head: tuple[str, ...], rows: list[tuple[str, str, str]]) -> str:
    if not rows:
        return ""
    titles = "".join(f"<th>{title}</th>" for title in head)
    cells = "".join(
        f"<tr><td>{name}</td><td>{kind}</td><td>{escape(told)}</td></tr>"
        for name, kind, told in rows
    )
    return f"<table><tr>{titles}</tr>{cells}</table>"
