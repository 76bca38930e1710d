"""Alembic's way in.

Migrations are written out as SQL and run in one transaction by asyncpg, so they may not look at
the database while they are being written.
"""

import asyncio

from alembic import context

from moderator.ledger.database.migrating import migrate, write_script

if context.is_offline_mode():
    write_script()
else:
    asyncio.run(migrate(context.config))
