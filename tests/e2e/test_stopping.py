"""Asked to stop while something trains, Residual stops at once, hands the run back, and leaves nobody behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.e2e.running import ROOT, RunningSite, running_site

pytestmark = [pytest.mark.sandbox, pytest.mark.slow, pytest.mark.xdist_group("stopping")]
TRAIN = """
from django.db import transaction
from labs import services
from labs.models import Lab, Submission
from residual.accounts.models import User
learner = User.objects.create_user("long@example.org", "a long enough one")
lab = Lab.objects.get(slug="scaled-dot-product-attention")
with transaction.atomic():
    sent = services.submit(learner, lab, "import time\\ntime.sleep(600)\\ndef attention(q, k, v):\\n    pass\\n")
    Submission.objects.update(lane="train", limits={**lab.limits, "wall_s": 600})
"""
ASK = """
import json
from labs.models import Event, Submission
sent = Submission.objects.get()
told = list(Event.objects.values_list("kind", flat=True))
print(json.dumps([sent.status, sent.attempt, sent.infra_failures, told]))
"""


def on_the_site(data_dir: Path, script: str) -> str:
    """Run `script` beside the site, on its database; what it prints."""
    environment = {**os.environ, "DATA_DIR": str(data_dir), "DJANGO_SETTINGS_MODULE": "residual.settings"}
    path = os.pathsep.join([str(ROOT / "platform"), str(ROOT)])
    command = [sys.executable, "-c", f"import django; django.setup()\n{script}"]
    done = subprocess.run(
        command, env={**environment, "PYTHONPATH": path}, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_until_it_trains(site: RunningSite) -> None:
    deadline = time.monotonic() + 60
    while json.loads(on_the_site(site.data_dir, ASK))[3] != ["started"]:
        assert time.monotonic() < deadline, site.logs()


def test_a_training_run_is_handed_back_and_nobody_is_left(tmp_path: Path) -> None:
    with running_site(tmp_path, {"RUNNER_PRELOAD": ""}) as site:
        on_the_site(tmp_path, TRAIN)
        wait_until_it_trains(site)
        everyone = psutil.Process(site.process.pid).children(recursive=True)

        site.process.send_signal(signal.SIGTERM)

        assert site.process.wait(timeout=60) == 0
        _, alive = psutil.wait_procs(everyone, timeout=5)
        assert [process for process in alive if process.status() != psutil.STATUS_ZOMBIE] == []
    assert json.loads(on_the_site(tmp_path, ASK)) == ["queued", 1, 0, ["started"]]
