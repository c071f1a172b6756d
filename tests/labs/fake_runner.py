"""A runner that speaks the runner API over HTTP, as the real one does, and judges as it is told."""

from __future__ import annotations

from typing import Any, Protocol
from uuid import UUID

from rest_framework.test import APIClient

from labs import dispatch
from tests.factories import check_json, event_json, report_json

TOKEN = "runner-token-of-the-tests"
HOST = {"device": "CPU, 2 cores", "memory_mb": 8192, "torch": "2.13.0", "check_library": dispatch.CHECK_LIBRARY}


class Answer(Protocol):
    """What a test client's call gives."""

    status_code: int
    content: bytes

    def json(self) -> Any: ...

    def __getitem__(self, header: str) -> str: ...


class FakeRunner:
    def __init__(self) -> None:
        self.client = APIClient()
        self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {TOKEN}")

    def claim(self, **fields: Any) -> Answer:
        body = {"protocol": dispatch.PROTOCOL, "runner": "host-1", "lanes": ["check"], "level": "full", "host": HOST}
        body |= fields
        body.setdefault("free", body["lanes"])
        return self._post("claim", body)

    def heartbeat(self, job: UUID | str, attempt: int = 1) -> Answer:
        return self._post(f"jobs/{job}/heartbeat", {"attempt": attempt})

    def events(self, job: UUID | str, *events: dict[str, Any], attempt: int = 1) -> Answer:
        return self._post(f"jobs/{job}/events", {"attempt": attempt, "events": list(events)})

    def hand_back(self, job: UUID | str, attempt: int = 1) -> Answer:
        return self._post(f"jobs/{job}/hand-back", {"attempt": attempt})

    def verdict(self, job: UUID | str, report: dict[str, Any], attempt: int = 1) -> Answer:
        return self._post(f"jobs/{job}/verdict", {"attempt": attempt, "report": report})

    def judge(self, **verdicts: str) -> bool:
        """Claim the next job and judge it: check id → verdict. Passes if every check does. False if there is none."""
        claimed = self.claim()
        if claimed.status_code == 204:
            return False
        job = claimed.json()
        checks = [check_json(cid, verdict) for cid, verdict in verdicts.items()]
        told = [event_json(at, "check", check) for at, check in enumerate(checks, 1)]
        assert self.events(job["id"], *told, attempt=job["attempt"]).status_code == 200
        overall = "passed" if set(verdicts.values()) == {"passed"} else "failed"
        assert self.verdict(job["id"], report_json(overall, *checks), job["attempt"]).status_code == 200
        return True

    def _post(self, path: str, body: dict[str, Any]) -> Answer:
        response: Answer = self.client.post(f"/api/runner/v1/{path}", body, format="json")
        return response
