"""What the service says it recorded, over its query API."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

_PAGE = 100


class QueryFailed(Exception):
    """The service's query API did not answer as its contract says."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"GET /api/v1/violations: {cause}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedViolation:
    """One recorded violation, as far as a rehearsal compares it."""

    id: str
    message_id: str
    sender: str
    category: str

    @property
    def key(self) -> tuple[str, str]:
        return self.message_id, self.sender


class ViolationList:
    """`GET /api/v1/violations` of the service at `target`, page after page."""

    def __init__(self, target: str, token: str, http: httpx.AsyncClient, **filters: str) -> None:
        """`filters` are query parameters of the list, such as `sender`."""
        self._filters = filters
        self._url = f"{target.rstrip('/')}/api/v1/violations"
        self._token = token
        self._http = http

    async def since(self, moment: float) -> list[RecordedViolation]:
        """All violations sent at or after `moment` (Unix seconds); raises `QueryFailed`."""
        return [violation async for page in self._pages(moment) for violation in page]

    async def _pages(self, moment: float) -> AsyncIterator[list[RecordedViolation]]:
        after = datetime.fromtimestamp(moment, UTC).isoformat()
        query: dict[str, str | int] = {**self._filters, "sent_after": after, "limit": _PAGE}
        while True:
            page = await self._page(query)
            violations, following = _parse(page)
            yield violations
            if not following:
                return
            query["cursor"] = following

    async def _page(self, query: dict[str, str | int]) -> str:
        headers = {"authorization": f"Bearer {self._token}"}
        try:
            answer = await self._http.get(self._url, params=query, headers=headers, timeout=30.0)
        except httpx.HTTPError as error:
            raise QueryFailed(str(error) or type(error).__name__) from error
        if answer.status_code != httpx.codes.OK:
            raise QueryFailed(f"HTTP {answer.status_code} {answer.text[:200]}")
        return answer.text


def _parse(page: str) -> tuple[list[RecordedViolation], str | None]:
    try:
        answer = json.loads(page)
        return [_violation(item) for item in answer["items"]], answer["next"]
    except (ValueError, KeyError, TypeError) as error:
        raise QueryFailed(f"not the list that was agreed on: {error!r}") from error


def _violation(item: dict[str, Any]) -> RecordedViolation:
    return RecordedViolation(
        id=str(item["id"]),
        message_id=str(item["message_id"]),
        sender=item["sender"],
        category=item["category"],
    )
