"""Control groups of version 1, 2 and both are understood from what the kernel writes about them."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from gpu_runner.supervisor import cgroups
from gpu_runner.supervisor.meters import CgroupMeter

MIXED = "9:name=systemd:/\n8:pids:/\n4:memory:/box/1\n2:cpuacct,cpu:/\n0::/user.slice\n"
MOUNTS = (
    "22 21 0:29 / / rw shared:1 - ext4 /dev/vda rw\n"
    "31 30 0:26 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n"
    "32 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
    "33 30 0:28 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
)


def test_own_groups_are_read_per_controller() -> None:
    groups = cgroups.own_groups(MIXED)

    assert groups["memory"] == "/box/1"
    assert groups["cpuacct"] == groups["cpu"] == "/"
    assert groups[""] == "/user.slice"


def test_mount_points_are_read_per_controller() -> None:
    found = cgroups.mounts(MOUNTS)

    assert found["memory"].point == Path("/sys/fs/cgroup/memory")
    assert found["cpuacct"].point == Path("/sys/fs/cgroup/cpu,cpuacct")
    assert found[""].point == Path("/sys/fs/cgroup/unified")


def test_a_group_is_found_below_its_mount() -> None:
    assert cgroups.mounts(MOUNTS)["memory"].group("/box/1") == Path("/sys/fs/cgroup/memory/box/1")


def test_in_a_container_the_mount_shows_the_containers_own_group() -> None:
    inside = "31 30 0:26 /docker/5f /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"

    assert cgroups.mounts(inside)["memory"].group("/docker/5f") == Path("/sys/fs/cgroup/memory")
    assert cgroups.mounts(inside)["memory"].group("/docker/5f/job") == Path("/sys/fs/cgroup/memory/job")


def scope(tmp_path: Path, controllers: str = "cpu memory pids", enabled: str = "") -> Path:
    """A version 2 group as files; a real kernel makes these."""
    (tmp_path / "cgroup.controllers").write_text(controllers)
    (tmp_path / "cgroup.subtree_control").write_text(enabled)
    (tmp_path / "cgroup.procs").write_text("17\n18\n")
    (tmp_path / "cgroup.type").write_text("domain\n")
    return tmp_path


def test_a_delegated_scope_moves_its_processes_to_a_leaf_before_it_enables_controllers(tmp_path: Path) -> None:
    group = scope(tmp_path)

    assert cgroups.delegate(group) == group
    assert (group / cgroups.LEAF / "cgroup.procs").read_text() == "18"  # written one by one, this is the last
    assert (group / "cgroup.subtree_control").read_text() == "+memory +pids"


def test_in_the_topmost_group_nobody_is_moved_since_the_kernels_own_threads_cannot_be(tmp_path: Path) -> None:
    group = scope(tmp_path)
    (group / "cgroup.type").unlink()

    assert cgroups.delegate(group) == group
    assert not (group / cgroups.LEAF).exists()
    assert (group / "cgroup.subtree_control").read_text() == "+memory +pids"


def test_a_process_born_while_the_others_move_is_moved_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    group, write, refusals = scope(tmp_path), Path.write_text, [errno.EBUSY]

    def refuse_once(path: Path, text: str) -> int:
        if path.name == "cgroup.subtree_control" and refusals:
            write(group / "cgroup.procs", "19\n")
            raise OSError(refusals.pop(), "Device or resource busy")
        return write(path, text)

    monkeypatch.setattr(Path, "write_text", refuse_once)

    assert cgroups.delegate(group) == group
    assert (group / cgroups.LEAF / "cgroup.procs").read_text() == "19"


def test_a_kernel_without_a_record_of_the_peak_is_no_obstacle(tmp_path: Path) -> None:
    where = cgroups.Hierarchies(tmp_path, tmp_path, tmp_path, tmp_path, controllers_on_v2=True)
    group = cgroups.Group(where)
    group.create()
    files = {"memory.current": "5", "memory.events": "oom_kill 0\n", "pids.events": "max 0\n", "cpu.stat": ""}
    for name, text in files.items():  # memory.peak came with Linux 5.19
        (tmp_path / group.name / name).write_text(text)
    meter = CgroupMeter(group)

    readings = [meter.read().peak]
    (tmp_path / group.name / "memory.current").write_text("9")
    readings.append(meter.read().peak)
    (tmp_path / group.name / "memory.current").write_text("2")

    assert [*readings, meter.read().peak] == [5, 9, 9]


def test_a_process_already_in_the_leaf_uses_its_parent(tmp_path: Path) -> None:
    group = scope(tmp_path, enabled="memory pids")
    leaf = group / cgroups.LEAF
    leaf.mkdir()
    (leaf / "cgroup.controllers").write_text("memory pids")

    assert cgroups.delegate(leaf) == group


def test_missing_controllers_are_named(tmp_path: Path) -> None:
    with pytest.raises(cgroups.UnavailableError, match="lacks the memory and pids controller"):
        cgroups.delegate(scope(tmp_path, controllers="cpu"))


def test_version_2_limits_are_written_and_counts_read(tmp_path: Path) -> None:
    where = cgroups.Hierarchies(tmp_path, tmp_path, tmp_path, tmp_path, controllers_on_v2=True)
    group = cgroups.Group(where)
    group.create()
    group.limit(100, 10)
    files = {
        "memory.current": "5",
        "memory.peak": "7",
        "memory.events": "low 0\noom_kill 2\n",
        "pids.events": "max 3\n",
        "cpu.stat": "usage_usec 1500000\n",
    }
    for name, text in files.items():
        (tmp_path / group.name / name).write_text(text)

    counts = group.counts()

    assert (tmp_path / group.name / "memory.max").read_text() == str(100 * 2**20)
    assert (tmp_path / group.name / "pids.max").read_text() == "10"
    assert counts == cgroups.Counts(memory=5, peak=7, cpu_s=1.5, oom_kills=2, refused_forks=3)


def test_groups_of_dead_supervisors_are_swept_and_those_of_living_ones_stay(tmp_path: Path) -> None:
    where = cgroups.Hierarchies(tmp_path, tmp_path, None, tmp_path, controllers_on_v2=True)
    dead, living = tmp_path / "residual-4194305-1", tmp_path / "residual-1-1"
    dead.mkdir()
    living.mkdir()

    cgroups.sweep(where)

    assert not dead.exists()
    assert living.exists()
