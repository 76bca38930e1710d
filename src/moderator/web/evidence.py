"""All routes about evidence: reading it, holding it, handing it out."""

from fastapi import APIRouter

from moderator.ledger.database.engine import Engine
from moderator.ledger.evidence.legal_holds import LegalHolds
from moderator.ledger.evidence.packs import Packs
from moderator.ledger.evidence.signing import Signer
from moderator.ledger.evidence.unmasking import Unmaskings
from moderator.ledger.reading.violations import Violations
from moderator.settings import EvidenceSettings
from moderator.web.access import Access
from moderator.web.cases import cases_router
from moderator.web.holds import holds_router
from moderator.web.packs import packs_router


def evidence_router(
    engine: Engine,
    violations: Violations,
    unmaskings: Unmaskings,
    settings: EvidenceSettings,
    access: Access,
    *,
    corp: str,
) -> APIRouter:
    signer = Signer.of(settings)
    packs = Packs(engine, violations, signer, persons=settings.unmask_persons)
    router = APIRouter()
    router.include_router(cases_router(unmaskings, access))
    router.include_router(holds_router(LegalHolds(engine, corp=corp), access))
    router.include_router(packs_router(packs, signer, access))
    return router
