"""What tests and people ask of the stand-in itself, under a path that WeCom does not have."""

from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from moderator.rehearsal.api.tokens import TokenDesk
from moderator.rehearsal.company import Company
from moderator.rehearsal.failures import Failure, Failures, Fault
from moderator.rehearsal.journal import Journal


def control_routes(
    company: Company, tokens: TokenDesk, journal: Journal, failures: Failures
) -> list[Route]:
    """`/rehearsal/…`: journal, journal/clear, failures, tokens/expire, tokens/revoke, company."""

    async def read_journal(_: Request) -> Response:
        return JSONResponse(journal.as_json())

    async def clear_journal(_: Request) -> Response:
        journal.clear()
        return JSONResponse({})

    async def add_failure(request: Request) -> Response:
        wanted = await request.json()
        failures.add(Failure(**{**wanted, "fault": Fault(wanted["fault"])}))
        return JSONResponse({})

    async def expire_tokens(_: Request) -> Response:
        tokens.expire_all()
        return JSONResponse({})

    async def revoke_tokens(_: Request) -> Response:
        tokens.revoke_all()
        return JSONResponse({})

    async def show_company(_: Request) -> Response:
        return JSONResponse(_public(company))

    return [
        Route("/rehearsal/journal", read_journal),
        Route("/rehearsal/journal/clear", clear_journal, methods=["POST"]),
        Route("/rehearsal/failures", add_failure, methods=["POST"]),
        Route("/rehearsal/tokens/expire", expire_tokens, methods=["POST"]),
        Route("/rehearsal/tokens/revoke", revoke_tokens, methods=["POST"]),
        Route("/rehearsal/company", show_company),
    ]


def _public(company: Company) -> dict[str, object]:
    return {
        "corp": company.world.corp,
        "apps": {name: app.agent_id for name, app in company.apps.items()},
        "people": [asdict(person) for person in company.people()],
        "departments": [asdict(department) for department in company.departments.values()],
        "groups": [asdict(group) for group in company.groups.values()],
    }
