"""Syncing makes the database equal to the catalogue, writes nothing twice and loses nothing."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from curriculum.loading import BrokenContentError, SyncReport
from labs import services
from labs.dispatch import judge_digest
from labs.models import JudgeBundle, Lab, LabCheck
from labs.sync import sync
from tests.factories import make_user
from tests.labs.catalogue import CODE, README, entry, write_lab

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def test_a_lab_arrives_whole(tmp_path: Path) -> None:
    write_lab(tmp_path, "sdpa", limits={"wall_s": 3})
    assert sync(NOW, tmp_path) == SyncReport(created=1)
    lab = Lab.objects.get(pk="lab-sdpa")
    assert (lab.slug, lab.lane, lab.entry_points, lab.starter) == ("sdpa", "check", ["attention"], CODE)
    assert "<math" in lab.brief_html
    assert "Hint" not in lab.brief_html
    assert "Further reading" in lab.brief_html
    assert [hint.startswith("<p>") for hint in lab.hints_html] == [True, True]
    assert (lab.limits["wall_s"], lab.limits["memory_mb"]) == (3, 512)
    assert lab.solution_html.startswith("<span class=")


def test_checks_keep_their_order_and_only_proven_ones_earn(tmp_path: Path) -> None:
    write_lab(tmp_path, "sdpa")
    sync(NOW, tmp_path)
    assert list(LabCheck.objects.values_list("cid", "behavioural")) == [("values", True), ("policy", False)]


def test_the_judge_is_stored_by_the_digest_of_its_files(tmp_path: Path) -> None:
    folder = write_lab(tmp_path, "sdpa")
    sync(NOW, tmp_path)
    bundle = JudgeBundle.objects.get()
    files = {path: base64.b64decode(body) for path, body in bundle.files.items()}
    assert files.keys() == {"lab.yaml", "checks.py", "probe.py", "solution.py"}
    assert files["checks.py"] == (folder / "checks.py").read_bytes()
    assert bundle.digest == judge_digest(files) == Lab.objects.get().judge_id


def test_a_second_run_writes_nothing(tmp_path: Path) -> None:
    write_lab(tmp_path, "sdpa")
    write_lab(tmp_path, "other")
    sync(NOW, tmp_path)
    with CaptureQueriesContext(connection) as queries:
        assert sync(NOW, tmp_path) == SyncReport(unchanged=2)
    written = [query["sql"] for query in queries if query["sql"].startswith(("INSERT", "DELETE"))]
    assert written == []
    assert not any(query["sql"].startswith("UPDATE") and "WHERE 0" not in query["sql"] for query in queries)


def test_editing_words_keeps_the_judge(tmp_path: Path) -> None:
    write_lab(tmp_path, "sdpa")
    sync(NOW, tmp_path)
    before = Lab.objects.get().judge_id
    write_lab(tmp_path, "sdpa", files={"README.md": "# New words\n"})
    assert sync(NOW, tmp_path) == SyncReport(updated=1)
    assert Lab.objects.get().judge_id == before
    assert "New words" in Lab.objects.get().brief_html


def test_a_new_judge_leaves_old_submissions_with_theirs(tmp_path: Path) -> None:
    write_lab(tmp_path, "sdpa")
    sync(NOW, tmp_path)
    submission = services.submit(make_user(), Lab.objects.get(), CODE)
    write_lab(tmp_path, "sdpa", files={"checks.py": "# stricter\n"})
    sync(NOW, tmp_path)
    submission.refresh_from_db()
    assert submission.judge_id != Lab.objects.get().judge_id
    assert JudgeBundle.objects.count() == 2


def test_a_renamed_slug_keeps_its_row(tmp_path: Path) -> None:
    write_lab(tmp_path, "old-name", id="lab-1")
    sync(NOW, tmp_path)
    (tmp_path / "old-name").rename(tmp_path / "new-name")
    write_lab(tmp_path, "new-name", id="lab-1")
    assert sync(NOW, tmp_path) == SyncReport(updated=1)
    assert Lab.objects.get().slug == "new-name"


def test_two_labs_can_swap_their_slugs(tmp_path: Path) -> None:
    write_lab(tmp_path, "a", id="lab-1")
    write_lab(tmp_path, "b", id="lab-2")
    sync(NOW, tmp_path)
    write_lab(tmp_path, "a", id="lab-2")
    write_lab(tmp_path, "b", id="lab-1")
    sync(NOW, tmp_path)
    assert dict(Lab.objects.values_list("id", "slug")) == {"lab-1": "b", "lab-2": "a"}


def test_a_lab_that_leaves_is_retired_and_can_come_back(tmp_path: Path) -> None:
    folder = write_lab(tmp_path, "sdpa")
    sync(NOW, tmp_path)
    services.submit(make_user(), Lab.objects.get(), CODE)
    hidden = folder.rename(tmp_path / "_sdpa")
    assert sync(NOW, tmp_path) == SyncReport(retired=1)
    assert Lab.objects.get().retired_at == NOW
    hidden.rename(folder)
    assert sync(NOW, tmp_path) == SyncReport(updated=1)
    assert Lab.objects.get().retired_at is None


def test_a_check_that_leaves_is_retired(tmp_path: Path) -> None:
    write_lab(tmp_path, "sdpa")
    sync(NOW, tmp_path)
    write_lab(tmp_path, "sdpa", checks=entry("sdpa")["checks"][:1])
    sync(NOW, tmp_path)
    assert LabCheck.objects.get(cid="policy").retired_at == NOW
    assert LabCheck.objects.get(cid="values").retired_at is None


def test_broken_content_never_half_syncs(tmp_path: Path) -> None:
    write_lab(tmp_path, "good")
    sync(NOW, tmp_path)
    write_lab(tmp_path, "good", files={"README.md": "# Changed\n"})
    write_lab(tmp_path, "broken", files={"README.md": README + "\n$\\frac{1$\n"})
    with pytest.raises(BrokenContentError):
        sync(NOW, tmp_path)
    assert Lab.objects.count() == 1
    assert "Changed" not in Lab.objects.get().brief_html
