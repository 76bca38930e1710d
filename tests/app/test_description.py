"""The API as its OpenAPI document describes it: every operation, wholly."""

from typing import Any

import pytest
from tests.conftest import SmallRules

from moderator.app import create_app
from moderator.ledger.database.engine import Engine
from moderator.rehearsal.deployment import settings_of
from moderator.rehearsal.invention import invent_world
from moderator.settings import build_settings

ANYBODY = ("401", "403", "503")  # unknown, without the right, no database


@pytest.fixture
def operations(small_rules: SmallRules) -> dict[str, dict[str, Any]]:
    """What is written of each call, by method and path."""
    values = settings_of(invent_world(people=10), api_url="http://127.0.0.1:9/")
    values["rules"] = {"directory": str(small_rules.folder)}
    values["console"] = {"plain_http": True}
    app = create_app(build_settings(values), Engine("postgresql://nobody@127.0.0.1:1/nothing"))
    return {
        f"{method} {path}": told
        for path, told_of in app.openapi()["paths"].items()
        for method, told in told_of.items()
    }


def lacking(operation: str, told: dict[str, Any]) -> list[str]:
    """What somebody who has only the description would have to guess."""
    parameters = told.get("parameters", [])
    answers = [*ANYBODY]
    answers += ["422"] if parameters or "requestBody" in told else []
    answers += ["404"] if "_id}" in operation or "{userid}" in operation else []
    return [
        *(name for name in ("summary", "description", "tags", "security") if not told.get(name)),
        *(
            f"description of {each['name']}"
            for each in parameters
            if not (each.get("description") or each["schema"].get("description"))
        ),
        *(f"answer {status}" for status in answers if status not in told["responses"]),
    ]


def test_every_operation_is_described_with_its_parameters_and_errors(
    operations: dict[str, dict[str, Any]],
) -> None:
    """Whoever writes a program against it needs nothing else."""
    assert len(operations) > 70
    assert {
        name: faults for name, told in operations.items() if (faults := lacking(name, told))
    } == {}
