"""WeCom's side of a callback: seal, post, wait five seconds, try three times (`wecom.md` §1.5)."""

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import httpx

from moderator.rehearsal.lanes import Lanes
from moderator.wecom import xml
from moderator.wecom.envelope import Envelope, Form, SealedCallback

OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When WeCom gives up.

    `patience`: seconds until a delivery counts as unanswered.  `deliveries`: how many are made.
    `spacing`: least seconds between the starts of two deliveries of one message; WeCom publishes
    none, but loses callbacks only after an outage of 15 to 20 s.  `insists`: whether a status other
    than 200 is delivered again (page 90238 says yes, page 90930 no).
    """

    patience: float = 5.0
    deliveries: int = 3
    spacing: float = 5.0
    insists: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What became of one message.

    `statuses` has one entry for each delivery made: the HTTP status, or None where no answer came
    in time.  `seconds` runs from the first delivery to the end of the last.
    """

    statuses: tuple[int | None, ...]
    seconds: float
    body: bytes = b""

    @property
    def status(self) -> int | None:
        return self.statuses[-1]

    @property
    def attempts(self) -> int:
        return len(self.statuses)

    @property
    def answered(self) -> bool:
        return self.status == OK


class CallbackSender:
    """Delivers the callbacks of one app to `url`; at most `concurrency` posts at a time.

    Every delivery has a new nonce and time stamp around the same plaintext.
    """

    def __init__(
        self,
        url: str,
        envelope: Envelope,
        http: httpx.AsyncClient,
        *,
        agent_id: int | str = "",
        form: Form = Form.XML,
        timing: Timing | None = None,
        concurrency: int = 256,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._envelope = envelope
        self._http = http
        self._agent_id = str(agent_id)
        self._form = form
        self._timing = timing or Timing()
        self._slots = asyncio.Semaphore(concurrency)
        self._clock = clock

    async def deliver(self, plain: bytes) -> Delivery:
        """Post until it is answered 200 or WeCom would have given up."""
        began = time.perf_counter()
        statuses: list[int | None] = []
        body = b""
        while True:
            started = time.perf_counter()
            status, body = await self._post(plain)
            statuses.append(status)
            if not self._again(statuses):
                seconds = time.perf_counter() - began
                return Delivery(statuses=tuple(statuses), seconds=seconds, body=body)
            await asyncio.sleep(self._timing.spacing - (time.perf_counter() - started))

    async def verify_url(self, echo: str = "") -> bool:
        """Prove the address as WeCom does when the callback is saved: within one second, exactly.

        WeCom's own echo is a number of 19 digits (`wecom.md` §1.8, A1).
        """
        echo = echo or str(secrets.randbelow(9 * 10**18) + 10**18)
        sealed = self._seal(echo.encode(), Form.XML)
        query = {**_query(sealed), "echostr": xml.only_text(sealed.body, "Encrypt")}
        try:
            async with asyncio.timeout(min(1.0, self._timing.patience)):
                answer = await self._http.get(self._url, params=query)
        except (TimeoutError, httpx.HTTPError):
            return False
        return answer.status_code == OK and answer.content == echo.encode()

    def seal(self, plain: bytes) -> SealedCallback:
        """A signed, encrypted callback of now."""
        return self._seal(plain, self._form)

    def _seal(self, plain: bytes, form: Form) -> SealedCallback:
        return self._envelope.seal(
            plain,
            timestamp=str(int(self._clock())),
            nonce=str(secrets.randbelow(10**10)),
            form=form,
            agent_id=self._agent_id,
        )

    async def _post(self, plain: bytes) -> tuple[int | None, bytes]:
        async with self._slots:
            sealed = self.seal(plain)
            try:
                async with asyncio.timeout(self._timing.patience):
                    answer = await self._http.post(
                        self._url, params=_query(sealed), content=sealed.body, headers=self._headers
                    )
            except (TimeoutError, httpx.HTTPError):
                return None, b""
            return answer.status_code, answer.content

    @property
    def _headers(self) -> dict[str, str]:
        kind = "text/xml" if self._form is Form.XML else "application/json"
        return {"content-type": f"{kind}; charset=utf-8"}

    def _again(self, statuses: list[int | None]) -> bool:
        if statuses[-1] == OK or len(statuses) >= self._timing.deliveries:
            return False
        return statuses[-1] is None or self._timing.insists


def callback_client() -> httpx.AsyncClient:
    """A client that keeps connections open, follows nothing and leaves time limits to the sender.

    The environment's proxies are left out: a rehearsal goes straight to its target.
    """
    return httpx.AsyncClient(transport=Lanes(), timeout=None, trust_env=False)  # noqa: S113


def _query(sealed: SealedCallback) -> dict[str, str]:
    return {
        "msg_signature": sealed.signature,
        "timestamp": sealed.timestamp,
        "nonce": sealed.nonce,
    }
