"""The JSON Schemas that editors use."""

import json

import pytest

from moderator.rulebook.schemas import SCHEMAS, schema_text
from moderator.shipped import rules_directory


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_the_kept_schema_is_that_of_the_loader(name: str) -> None:
    """`moderator rules schema NAME > rules/NAME` brings it up to date."""
    assert (rules_directory() / name).read_text("utf-8") == schema_text(name)


def test_a_word_may_be_text_or_a_mapping() -> None:
    """Editors must not mark plain words as wrong."""
    rule = json.loads(schema_text("rules.schema.json"))["$defs"]["RuleEntry"]["properties"]

    assert {"type": "string"} in [
        {"type": option.get("type")}
        for kind in rule["words"]["anyOf"]
        for option in kind.get("items", {}).get("anyOf", [])
    ]


def test_a_rung_may_not_call_for_what_only_a_dismissal_does() -> None:
    """Editors mark the recall of a notice as wrong, as the loader does."""
    defined = json.loads(schema_text("policy.schema.json"))["$defs"]
    options = defined["RungEntry"]["properties"]["actions"]["items"]["anyOf"]
    names = next(option["enum"] for option in options if "enum" in option)

    assert "warn_sender" in names
    assert "recall_notice" not in names
