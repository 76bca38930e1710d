"""JSON Schema of the rule files, so that editors complete and check them."""

import json
from collections.abc import Mapping
from typing import Any

from moderator.rulebook.entries import Entry
from moderator.rulebook.pack_format import PackFile
from moderator.rulebook.policy_format import PolicyFile

SCHEMAS: Mapping[str, type[Entry]] = {
    "rules.schema.json": PackFile,
    "policy.schema.json": PolicyFile,
}


def schema_text(name: str) -> str:
    """Return the JSON Schema (2020-12) kept under that name in `rules/`; `KeyError` if unknown."""
    schema: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    schema |= SCHEMAS[name].model_json_schema(mode="validation")
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
