"""A site reduced to what a runner sees of it: the six calls of the runner API over loopback HTTP."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from gpu_runner.protocol import EventBatch, Job, Limits, VerdictPost, judge_digest

TOKEN = "a-made-up-token"


@dataclass
class FakeSite:
    """Hands out queued jobs, remembers what it is told; may be told to be away, or to call attempts stale."""

    bundles: dict[str, Mapping[str, bytes]] = field(default_factory=dict)
    queue: list[Job] = field(default_factory=list)
    events: list[EventBatch] = field(default_factory=list)
    verdicts: list[VerdictPost] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    fetched: int = 0
    away: int = 0
    stale: bool = False
    cancel: bool = False
    handed_back: list[str] = field(default_factory=list)
    told: threading.Condition = field(default_factory=threading.Condition)
    url: str = ""

    def add_job(self, files: Mapping[str, bytes], source: str, **fields: Any) -> Job:
        digest = fields.pop("digest", judge_digest(files))
        self.bundles[digest] = files
        job = Job(
            id=f"job-{len(self.queue) + len(self.verdicts)}",
            attempt=1,
            lab="double",
            judge_digest=digest,
            filename="twice.py",
            source=source,
            **{"limits": Limits(wall_s=5, cpu_s=5, memory_mb=256), "lease_s": 3, **fields},
        )
        self.queue.append(job)
        return job

    def wait_for_verdicts(self, count: int) -> list[VerdictPost]:
        with self.told:
            assert self.told.wait_for(lambda: len(self.verdicts) >= count, timeout=60)
        return self.verdicts

    def answer(self, path: str, body: Any) -> tuple[int, Any]:
        with self.told:
            try:
                return self._answer(path, body)
            finally:
                self.told.notify_all()

    def _answer(self, path: str, body: Any) -> tuple[int, Any]:
        if self.away > 0:
            self.away -= 1
            return 503, {}
        if path.endswith("/claim"):
            self.claims.append(body)
            return (200, self.queue.pop(0).model_dump(mode="json")) if self.queue else (204, None)
        if "/judges/" in path:
            self.fetched += 1
            return self._bundle(path.rpartition("/")[2])
        return (409, {"detail": "stale"}) if self.stale else self._progress(path, body)

    def _progress(self, path: str, body: Any) -> tuple[int, Any]:
        if path.endswith("/events"):
            self.events.append(EventBatch.model_validate(body))
            return 200, {"accepted": len(body["events"])}
        if path.endswith("/verdict"):
            self.verdicts.append(VerdictPost.model_validate(body))
            return 200, {}
        if path.endswith("/hand-back"):
            self.handed_back.append(path.split("/")[-2])
            return 200, {"status": "queued"}
        return 200, {"cancel": self.cancel}

    def _bundle(self, digest: str) -> tuple[int, Any]:
        if digest not in self.bundles:
            return 404, {}
        files = {path: base64.b64encode(data).decode() for path, data in self.bundles[digest].items()}
        return 200, {"digest": digest, "files": files}


@contextmanager
def serving() -> Iterator[FakeSite]:
    """A fake site on a free loopback port."""
    site = FakeSite()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply()

        def do_POST(self) -> None:
            self._reply()

        def _reply(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            allowed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
            status, body = site.answer(self.path, json.loads(text or "null")) if allowed else (401, {})
            data = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
