"""Settings in environment variables `MODERATOR_…`, and in the files that `…_FILE` names."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, EnvSettingsSource

from moderator.settings.deployment import PREFIX, Settings

FILE = "MODERATOR_CONFIG"

_IN_A_FILE = "_file"  # of a variable in lower case, as pydantic has them
# Kubernetes and Docker announce a service called `moderator` to its neighbours by such variables.
_SERVICE_LINK = re.compile(
    r"MODERATOR_SERVICE_(HOST|PORT(_\w+)?)=.*|MODERATOR_PORT_\d+_\w+=.*|MODERATOR_PORT=\w+://.*",
    re.DOTALL,
)


class NotJson(str):
    """The value of a variable that should hold JSON."""

    __slots__ = ()


class Variables(EnvSettingsSource):
    """The environment's values; one that cannot be read does not hide the faults of others.

    `unreadable` has a sentence for each file that a variable names and that cannot be read.
    """

    def __init__(self, settings: type[BaseSettings]) -> None:
        super().__init__(settings)
        self.unreadable: list[str] = []
        self.env_vars = self._with_files(self.env_vars)

    def _with_files(self, variables: Mapping[str, str | None]) -> dict[str, str | None]:
        plain = {name: value for name, value in variables.items() if not _names_a_file(name)}
        for name in variables.keys() - plain.keys():
            meant = name.removesuffix(_IN_A_FILE)
            if meant in plain:
                self.unreadable.append(f"{name.upper()}: {meant.upper()} is set too")
            else:
                plain[meant] = self._content(name, variables[name] or "")
        return plain

    def _content(self, name: str, path: str) -> str:
        try:
            return Path(path).read_text("utf-8").rstrip("\r\n")
        except (OSError, ValueError) as error:
            self.unreadable.append(f"{name.upper()}: cannot be read: {type(error).__name__}")
            return ""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        try:
            return super().decode_complex_value(field_name, field, value)
        except (ValueError, RecursionError):
            return NotJson(value)


def unknown_variables(variables: Mapping[str, str]) -> Iterator[str]:
    """Variables that look like settings and are none; pydantic knows those inside a group."""
    for name, value in sorted(variables.items()):
        group = name.lower().removeprefix(PREFIX.lower()).partition("__")[0]
        group = group.removesuffix(_IN_A_FILE)
        ours = name.upper().startswith(PREFIX) and name != FILE
        if ours and group not in Settings.model_fields and not _announces(name, value):
            yield f"{name}: there is no such setting (between levels stand two underscores)"


def _names_a_file(name: str) -> bool:
    return name.startswith(PREFIX.lower()) and name.endswith(_IN_A_FILE)


def _announces(name: str, value: str) -> bool:
    return bool(_SERVICE_LINK.fullmatch(f"{name}={value}"))
