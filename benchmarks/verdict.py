"""From HTTP POST to recorded verdict: the whole attention lab on a real site, on the embedded set-up and with Redis.

    python -m benchmarks.verdict [--runs 40] [--redis redis://127.0.0.1:6379/9] [--postgres postgres://…/database]

Starts `residual run` in a folder of its own, signs up over HTTP, and submits one after the other. The time runs from
just before the POST to the moment that the site records with the verdict (one clock: all of it is on this machine). The
API is asked seldom, because asking often would slow the very server that is measured. Run it on a quiet machine.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx

from tests.e2e.running import ROOT, running_site

LAB = "scaled-dot-product-attention"
SOURCE = (ROOT / "labs/catalog" / LAB / "solution.py").read_text()
POLL_S = 0.2
WARM_UP = 3


def main() -> None:
    arguments = parse()
    print("| set-up | checks | median ms | p95 ms | against embedded |")
    print("|---|---|---|---|---|")
    embedded = row("embedded (SQLite, folders)", {}, arguments.runs, None)
    if arguments.redis:
        urls = dict.fromkeys(("BROKER_URL", "RUNNER_BROKER_URL", "CACHE_URL"), arguments.redis)
        row("SQLite, Redis", urls, arguments.runs, embedded)
        if arguments.postgres:
            row("PostgreSQL, Redis", {**urls, "DATABASE_URL": arguments.postgres}, arguments.runs, embedded)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--redis", default="")
    parser.add_argument("--postgres", default="")
    return parser.parse_args()


def row(name: str, environment: Mapping[str, str], runs: int, against: float | None) -> float:
    """Print one line of the table; returns the median in milliseconds."""
    with (
        tempfile.TemporaryDirectory() as folder,
        running_site(Path(folder), environment) as site,
        signed_up(site.url) as client,
    ):
        times = [submit(client) for _ in range(WARM_UP + runs)][WARM_UP:]
        checks = len(client.get(f"/api/v1/labs/{LAB}").json()["checks"])
    milliseconds = sorted(1000 * seconds for seconds, _ in times)
    median, p95 = statistics.median(milliseconds), milliseconds[int(0.95 * len(milliseconds))]
    ratio = f"{median / against:.2f}x" if against else "1"
    print(f"| {name} | {checks} | {median:.0f} | {p95:.0f} | {ratio} |", flush=True)
    assert all(verdict == "passed" for _, verdict in times)
    return median


@contextmanager
def signed_up(url: str) -> Iterator[httpx.Client]:
    """A client with a learner's session."""
    with httpx.Client(base_url=url, follow_redirects=True, headers={"Referer": url}, timeout=30) as client:
        client.get("/accounts/signup/")
        form = {
            "email": f"{uuid4().hex}@learner.example",
            "password1": "a long enough pass phrase",
            "time_zone": "UTC",
            "csrfmiddlewaretoken": client.cookies["csrftoken"],
        }
        client.post("/accounts/signup/", data=form).raise_for_status()
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        yield client


def submit(client: httpx.Client) -> tuple[float, str]:
    """Seconds from POST to verdict, and the verdict."""
    started = datetime.now(UTC)
    answer = client.post(f"/api/v1/labs/{LAB}/submissions", json={"source": SOURCE})
    answer.raise_for_status()
    address = f"/api/v1/submissions/{answer.json()['id']}"
    while True:
        body = client.get(address).json()
        if body["status"] == "done":
            return (datetime.fromisoformat(body["finished_at"]) - started).total_seconds(), body["verdict"]
        time.sleep(POLL_S)


if __name__ == "__main__":
    main()
