"""How the service runs: where it listens, keeps, waits and tells."""

from pathlib import Path
from typing import Literal

from pydantic import DirectoryPath, Field, FilePath

from moderator.settings.values import DatabaseAddress, Group


class ServerSettings(Group):
    """Where the service listens."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on.")
    internal_port: int | None = Field(
        None,
        ge=0,
        le=65535,
        description="Port for the API, the console and metrics alone; callbacks keep theirs.",
    )
    internal_host: str = Field("127.0.0.1", description="Address for `internal_port`.")
    processes: int = Field(1, ge=1, le=64, description="Processes that share the work.")
    certificate: FilePath | None = Field(None, description="TLS certificate chain (PEM).")
    private_key: FilePath | None = Field(None, description="Its private key (PEM).")


class DatabaseSettings(Group):
    """Where violations are kept."""

    url: DatabaseAddress = Field(
        "embedded:",
        validate_default=True,
        description="`postgresql+asyncpg://…`, or `embedded:` / `embedded:///some/dir` for a "
        "PostgreSQL that the service starts and stops itself.",
    )
    pool_size: int = Field(10, ge=1, le=200, description="Most connections of one process.")


class SpoolSettings(Group):
    """Where violations wait while PostgreSQL is away."""

    directory: Path | None = Field(
        None, description="Folder of the spool, on a disk that outlives the process."
    )
    megabytes: int = Field(256, ge=1, description="Size beyond which callbacks are answered 503.")


class RulesSettings(Group):
    """Where the rules come from."""

    directory: DirectoryPath | None = Field(
        None, description="Folder of rule packs and `policy.yaml`; the shipped ones if unset."
    )
    watch: bool = Field(True, description="Load changed rules without a restart.")


class LogSettings(Group):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level.")
    format: Literal["json", "console"] = Field("json", description="For machines or for people.")
    clean_messages: bool = Field(
        True, description="Write an event for clean messages too; they are counted either way."
    )
