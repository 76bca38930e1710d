"""Secrets that stand in files, as containers mount them."""

from pathlib import Path
from typing import Any

import pytest

from moderator.errors import SettingsError
from moderator.settings import build_settings

NAME = "MODERATOR_DATABASE__URL"
ADDRESS = "postgresql+asyncpg://moderator:p4ssw0rd@db/moderator"


def test_a_file_holds_what_the_variable_would(
    values: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The line's end, which editors add, is no part of a secret."""
    (tmp_path / "url").write_text(ADDRESS + "\n", "utf-8")
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "url"))

    assert build_settings(values).database.url.get_secret_value() == ADDRESS


def test_a_secret_of_an_app_may_stand_in_a_file(
    values: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """At any depth, and over the file of settings."""
    (tmp_path / "secret").write_text("fr0m-4-f1le", "utf-8")
    monkeypatch.setenv("MODERATOR_WECOM__APPS__MODERATION__SECRET_FILE", str(tmp_path / "secret"))

    found = build_settings(values).wecom.apps["moderation"]
    assert found.secret.get_secret_value() == "fr0m-4-f1le"


def test_a_whole_group_may_stand_in_a_file(
    values: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As JSON, like its variable."""
    (tmp_path / "api").write_text('{"tokens": {"alice": "' + "0a" * 20 + '"}}', "utf-8")
    monkeypatch.setenv("MODERATOR_API_FILE", str(tmp_path / "api"))

    assert "alice" in build_settings(values).api.tokens


def test_a_file_that_is_not_there_is_named(
    values: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A mount that was forgotten is not an empty secret."""
    monkeypatch.setenv(f"{NAME}_FILE", "/run/secrets/nowhere")

    with pytest.raises(SettingsError, match=rf"{NAME}_FILE: cannot be read: FileNotFoundError"):
        build_settings(values)


def test_what_stands_twice_is_a_fault(
    values: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nobody has to know which of them counts."""
    (tmp_path / "url").write_text(ADDRESS, "utf-8")
    monkeypatch.setenv(NAME, ADDRESS)
    monkeypatch.setenv(f"{NAME}_FILE", str(tmp_path / "url"))

    with pytest.raises(SettingsError, match=rf"{NAME}_FILE: {NAME} is set too") as caught:
        build_settings(values)
    assert "p4ssw0rd" not in str(caught.value)
