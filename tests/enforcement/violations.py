"""A violation as the notices get it: without its evidence."""

from datetime import UTC, datetime
from typing import Any

from moderator.domain.decision import Clause
from moderator.domain.message import Source
from moderator.domain.rule import Layer, Severity
from moderator.ledger.records import EvidenceState, HitRecord, Status, ViolationRecord

CLAUSE = Clause(
    id="s3-2-8-5-1",
    document="企业微信管理办法",
    version="2023",
    number="第二篇第八条(五)1",
    text="发布负面广告信息者警告一次",
)
HIT = HitRecord(
    rule="aws-access-key",
    version="v1",
    category="credential",
    severity=Severity.CRITICAL,
    field="Content",
    start=3,
    end=23,
    layers=(Layer.WIDTH,),
    verified=True,
    masked=True,
    fingerprint="f" * 64,
    shown="…WXYZ",
)


def violation(**changes: Any) -> ViolationRecord:
    """The second leaked key of one person."""
    told: dict[str, Any] = {
        "id": 4711,
        "message_key": "k",
        "corp": "ww1",
        "app": "desk",
        "source": Source.CALLBACK,
        "sender": "zhangsan",
        "sender_name": "张三",
        "sender_department": "总部/研发部",
        "sender_departments": (1, 2),
        "sender_superiors": (),
        "sender_gaps": "",
        "message_id": "1",
        "kind": "text",
        "chat": "",
        "sent_at": datetime(2026, 11, 22, 17, 30, tzinfo=UTC),
        "recorded_at": datetime(2026, 11, 22, 17, 31, tzinfo=UTC),
        "category": "credential",
        "severity": Severity.CRITICAL,
        "rule": "aws-access-key",
        "rules": ("aws-access-key",),
        "hits": (HIT,),
        "rulebook": "abc",
        "offence": 2,
        "step": "credential#2",
        "clauses": (CLAUSE,),
        "status": Status.OPEN,
        "version": 1,
        "judged_by": "",
        "judged_at": None,
        "judgement": "",
        "evidence": EvidenceState.WITHHELD,
        "evidence_expires_at": datetime(2027, 5, 1, tzinfo=UTC),
    }
    return ViolationRecord(**told | changes)
