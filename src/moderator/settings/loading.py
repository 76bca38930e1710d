"""Reading the settings and finding everything that is wrong with them."""

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from moderator.errors import SettingsError
from moderator.settings.deployment import PREFIX, Settings
from moderator.settings.entrances import open_doors
from moderator.settings.environment import FILE, NotJson, Variables, unknown_variables


def load_settings(config: Path | None) -> Settings:
    """Read the file and the environment; raises `SettingsError` with every fault at once."""
    return build_settings(_read(config))


def build_settings(values: Mapping[str, Any]) -> Settings:
    """Check `values` and the environment; raises `SettingsError` with every fault at once."""
    required: dict[str, Any] = {"evidence": {}, "wecom": {}, "compliance": {}}
    # What is missing is named in full only where the group exists.
    variables = Variables(Settings)
    found = _merged(required | dict(values), variables())
    faults = [*variables.unreadable, *unknown_variables(os.environ), *_disagreements(found)]
    try:
        settings = Settings(**found)
    except ValidationError as error:
        faults = [*map(_fault, error.errors()), *faults]
    else:
        faults += [_sentence(name, why) for name, why in open_doors(settings)]
        if not faults:
            return settings
    raise SettingsError(tuple(faults))  # pydantic's own text would show the values


def _merged(values: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with those of `over` in their place, level by level."""
    merged = dict(values)
    for name, value in over.items():
        before = merged.get(name)
        both = isinstance(before, Mapping) and isinstance(value, Mapping)
        merged[name] = _merged(before, value) if both else value  # type: ignore[arg-type]
    return merged


def _disagreements(found: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong between settings, whatever else is wrong with them."""
    compliance, wecom = found["compliance"], found["wecom"]
    if not isinstance(compliance, Mapping):
        return
    if not compliance.get("chat") and not compliance.get("users"):
        yield _sentence(("compliance",), "needs a chat or at least one user")
    app, apps = compliance.get("app"), wecom.get("apps") if isinstance(wecom, Mapping) else None
    if isinstance(app, str) and isinstance(apps, Mapping) and app not in apps:
        yield _sentence(("compliance", "app"), f"names no app of wecom.apps: {app}")
    siem = found.get("siem")
    if isinstance(siem, Mapping) and siem.get("url") and not siem.get("secrets"):
        yield _sentence(("siem", "secrets"), "needs a secret to sign with")


def _read(config: Path | None) -> dict[str, Any]:
    path = config or (Path(named) if (named := os.environ.get(FILE)) else None)
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError((f"{path}: cannot be read: {error}",)) from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError((f"{path}: {error}",)) from error
    except RecursionError as error:  # of tomllib, by tables within tables within tables
        raise SettingsError((f"{path}: nested too deeply",)) from error


def _fault(error: ErrorDetails) -> str:
    if isinstance(error["input"], NotJson):
        return _sentence(error["loc"], "the variable holds no JSON")
    return _sentence(error["loc"], error["msg"].removeprefix("Value error, "))


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    name = ".".join(str(part) for part in location)
    variable = PREFIX + "__".join(str(part).upper() for part in location)
    return f"{name} ({variable}): {message}"
