"""The runner's side of the HTTP protocol: claim, heartbeat, events, verdict, judges by digest."""

from __future__ import annotations

import base64
import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import httpx

from gpu_runner.protocol import (
    Bundle,
    Claim,
    Event,
    EventBatch,
    Heartbeat,
    Job,
    Report,
    VerdictPost,
    judge_digest,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_BATCH: Final = 100
TIMEOUT_S: Final = 10.0
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 5.0


class StaleError(RuntimeError):
    """The site has given this job to somebody else, or it is over; stop working on it."""


class RefusedError(RuntimeError):
    """The site does not accept this runner: wrong token, wrong protocol, too weak a sandbox. The message says which."""


class UnreachableError(ConnectionError):
    """The site did not answer in time; try again later."""


class BadBundleError(ValueError):
    """What the site sent is not what its digest says."""


def pauses() -> Iterator[float]:
    """Seconds to wait after the first failure, the second, and so on: longer each time, up to LONGEST_PAUSE_S."""
    pause = FIRST_PAUSE_S
    while True:
        yield pause
        pause = min(LONGEST_PAUSE_S, 2 * pause)


class SiteClient:
    """One runner's connection to its site. Safe to use from several threads."""

    def __init__(self, site_url: str, token: str, name: str, cache: Path) -> None:
        self.name = name
        self.cache = cache / "judges"
        self._http = httpx.Client(
            base_url=f"{site_url.rstrip('/')}/api/runner/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_S,
            trust_env=False,
        )

    def close(self) -> None:
        self._http.close()

    def claim(self, asked: Claim) -> Job | None:
        """The next job, or None. Raises RefusedError or UnreachableError."""
        answer = self._post("/claim", asked.model_dump(mode="json"))
        return None if answer.status_code == httpx.codes.NO_CONTENT else Job.model_validate(answer.json())

    def heartbeat(self, job: Job) -> bool:
        """Renew the lease; True if the learner cancelled. Raises StaleError."""
        answer = self._post(f"/jobs/{job.id}/heartbeat", Heartbeat(attempt=job.attempt).model_dump(mode="json"))
        return bool(answer.json()["cancel"])

    def hand_back(self, job: Job) -> None:
        """Give a job back unjudged, for somebody else to run. Raises StaleError."""
        self._post(f"/jobs/{job.id}/hand-back", Heartbeat(attempt=job.attempt).model_dump(mode="json"))

    def events(self, job: Job, events: list[Event]) -> None:
        """Post events in order, in bounded batches. Raises StaleError."""
        for start in range(0, len(events), MAX_BATCH):
            batch = EventBatch(attempt=job.attempt, events=events[start : start + MAX_BATCH])
            self._post(f"/jobs/{job.id}/events", batch.model_dump(mode="json"))

    def verdict(self, job: Job, report: Report, patience_s: float) -> None:
        """Post the last word; while the site is away, try again for `patience_s`. Raises StaleError."""
        body = VerdictPost(attempt=job.attempt, report=report).model_dump(mode="json")
        deadline = time.monotonic() + patience_s
        for pause in pauses():
            try:
                self._post(f"/jobs/{job.id}/verdict", body)
            except UnreachableError:
                if time.monotonic() + pause > deadline:
                    raise
                time.sleep(pause)
            else:
                return

    def judge(self, digest: str) -> dict[str, bytes]:
        """A lab's judging files by digest: fetched once, verified, kept. Raises BadBundleError."""
        kept = self.cache / f"{digest}.json"
        if kept.exists():
            try:
                return unpack(json.loads(kept.read_text()), digest)
            except (BadBundleError, ValueError):
                kept.unlink()  # damaged on disk; the site still has it
        answer = self._checked(self._send("GET", f"/judges/{digest}"))
        files = unpack(answer.json(), digest)
        self.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial = kept.with_suffix(f".{os.getpid()}-{time.monotonic_ns()}")
        partial.write_text(answer.text)
        partial.replace(kept)
        return files

    def _post(self, path: str, body: Mapping[str, Any]) -> httpx.Response:
        return self._checked(self._send("POST", path, body))

    def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.TransportError as error:
            raise UnreachableError(f"{self._http.base_url} does not answer ({type(error).__name__})") from error
        if (
            answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
            or answer.status_code == httpx.codes.TOO_MANY_REQUESTS
        ):
            raise UnreachableError(f"{path} answered {answer.status_code}")
        return answer

    def _checked(self, answer: httpx.Response) -> httpx.Response:
        if answer.is_success:
            return answer
        path, reason = answer.request.url.path, answer.text[:300]
        if "/jobs/" in path and answer.status_code in (httpx.codes.CONFLICT, httpx.codes.NOT_FOUND):
            raise StaleError(f"{path}: {reason}")
        if "/judges/" in path:
            raise BadBundleError(f"{path} answered {answer.status_code}: {reason}")
        raise RefusedError(f"{path} answered {answer.status_code}: {reason}")


def unpack(body: object, digest: str) -> dict[str, bytes]:
    """A bundle's files, once their digest is right. Raises BadBundleError."""
    try:
        bundle = Bundle.model_validate(body)
        files = {path: base64.b64decode(text, validate=True) for path, text in bundle.files.items()}
        actual = judge_digest(files)
    except ValueError as error:
        raise BadBundleError(f"the bundle {digest} cannot be read: {error}") from error
    if actual != digest:
        raise BadBundleError(f"the bundle {digest} has the digest {actual}; do site and runner have the same version?")
    return files
