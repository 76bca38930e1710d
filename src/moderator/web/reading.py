"""The routes that only read: people, chats, rules, failed messages, statistics."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter

from moderator.ledger.counting.rule_health import RuleHealths
from moderator.ledger.counting.statistics import Statistics
from moderator.ledger.database.engine import Engine
from moderator.ledger.directory.chats import Chats
from moderator.ledger.directory.offenders import Registry
from moderator.ledger.recording.failed import FailedMessages
from moderator.rulebook.book import Rulebook
from moderator.web.access import Access
from moderator.web.chats import chats_router
from moderator.web.failed import failed_router
from moderator.web.registry import registry_router
from moderator.web.rules import rules_router
from moderator.web.statistics import statistics_router


def reading_routers(
    engine: Engine,
    registry: Registry,
    book: Callable[[], Rulebook],
    access: Access,
    *,
    clock: Callable[[], datetime],
) -> list[APIRouter]:
    """All of them."""
    return [
        registry_router(registry, access),
        chats_router(Chats(engine), access),
        rules_router(RuleHealths(engine), book, access, clock=clock),
        failed_router(FailedMessages(engine), access),
        statistics_router(Statistics(engine), access, clock=clock),
    ]
