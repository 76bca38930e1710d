"""The ledger's database, whether it is embedded or runs somewhere."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from moderator.ledger.database.embedded import EmbeddedPostgres, embedded_directory
from moderator.ledger.database.engine import Engine, create_engine
from moderator.settings import DatabaseSettings


@asynccontextmanager
async def opened(settings: DatabaseSettings) -> AsyncIterator[Engine]:
    """An engine for the settings; an embedded server runs at least as long as the block.

    Raises `LedgerUnavailable` when an embedded server does not start; any other server is first
    spoken to when the engine is used.
    """
    async with AsyncExitStack() as stack:
        url, address = None, settings.url.get_secret_value()
        if address.startswith("embedded:"):
            directory = embedded_directory(address)
            url = await stack.enter_async_context(EmbeddedPostgres(directory))
        engine = create_engine(settings, url)
        stack.push_async_callback(engine.dispose)
        yield engine
