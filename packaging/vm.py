"""Try the sandbox on another kernel: a Debian virtual machine with pure cgroup v2 and systemd, made from packages.

    python packaging/vm.py build            # as root, some minutes: debootstrap and this checkout's site-packages
    python packaging/vm.py boot             # stays in the foreground until the machine is shut down
    python packaging/vm.py run COMMAND      # as root inside, with this working tree; exits with its code
    python packaging/vm.py run --user learner COMMAND

Needs Debian's qemu-system-x86, debootstrap, e2fsprogs and openssh-client. Emulates unless told `boot --accel kvm`;
importing torch then takes minutes. docs/sandbox.md says what was verified with it.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
INSIDE: Final = "/opt/residual"
USERS: Final = ("root", "learner")
PACKAGES: Final = (
    "systemd systemd-sysv dbus dbus-user-session libpam-systemd udev kmod linux-image-cloud-amd64 initramfs-tools"
    " openssh-server procps iproute2 python3 libseccomp2 libgomp1"
)
NETWORK: Final = "[Match]\nName=en*\n[Network]\nDHCP=ipv4\n"
ENVIRONMENT: Final = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11\n"


def build(work: Path, suite: str) -> None:
    """Make `work`/disk.img, its kernel and a key to get in with."""
    root = work / "root"
    shutil.rmtree(root, ignore_errors=True)
    packages = ",".join(PACKAGES.split())
    call("debootstrap", "--variant=minbase", f"--include={packages}", suite, str(root))
    configure(root, work)
    install_environment(root)
    for name in ("vmlinuz", "initrd.img"):
        shutil.copy(next((root / "boot").glob(f"{name}-*")), work / name)
    image = work / "disk.img"
    image.unlink(missing_ok=True)
    call("mke2fs", "-q", "-t", "ext4", "-d", str(root), str(image), "12G")


def configure(root: Path, work: Path) -> None:
    """A network address, a key for both users, and a systemd of the ordinary user's own that runs without a log-in."""
    (root / "etc/systemd/network/any.network").write_text(NETWORK)
    (root / "etc/hostname").write_text("residual-vm\n")
    call("chroot", str(root), "systemctl", "enable", "systemd-networkd", "ssh")
    call("chroot", str(root), "useradd", "--create-home", "--shell", "/bin/bash", "learner")
    (root / "var/lib/systemd/linger").mkdir(parents=True, exist_ok=True)
    (root / "var/lib/systemd/linger/learner").touch()
    key = work / "key"
    if not key.exists():
        call("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    for home in ("root", "home/learner"):
        folder = root / home / ".ssh"
        folder.mkdir(mode=0o700, exist_ok=True)
        shutil.copy(work / "key.pub", folder / "authorized_keys")
    call("chroot", str(root), "chown", "-R", "learner:learner", "/home/learner")


def install_environment(root: Path) -> None:
    """This checkout's packages under Debian's own interpreter, which must be of the same version."""
    environment = root / INSIDE[1:] / ".venv"
    packages = environment / f"lib/python{sysconfig.get_python_version()}/site-packages"
    shutil.copytree(sysconfig.get_path("purelib"), packages, symlinks=True)
    for editable in packages.glob("_residual*.pth"):
        editable.write_text(f"{INSIDE}\n{INSIDE}/platform\n")
    (environment / "bin").mkdir()
    (environment / "bin/python").symlink_to(f"/usr/bin/python{sysconfig.get_python_version()}")
    (environment / "pyvenv.cfg").write_text(ENVIRONMENT)


def boot(work: Path, port: int, accel: str, memory_mb: int) -> None:
    """Run the machine until it is shut down; `run poweroff` does that. Its console goes to `work`/console.log."""
    command = ["qemu-system-x86_64", "-accel", accel, "-cpu", "max", "-smp", "2", "-m", str(memory_mb)]
    command += ["-kernel", str(work / "vmlinuz"), "-initrd", str(work / "initrd.img")]
    command += ["-append", "root=/dev/vda rw console=ttyS0 systemd.unified_cgroup_hierarchy=1 no_timer_check"]
    command += ["-drive", f"file={work / 'disk.img'},format=raw,if=virtio", "-device", "virtio-rng-pci"]
    command += [
        "-netdev",
        f"user,id=n,restrict=on,hostfwd=tcp:127.0.0.1:{port}-:22",
        "-device",
        "virtio-net-pci,netdev=n",
    ]
    call(*command, "-display", "none", "-monitor", "none", "-serial", f"file:{work / 'console.log'}", "-no-reboot")


def run(work: Path, port: int, user: str, command: str) -> int:
    """Send this working tree and run a shell command in it; its exit code."""
    send_tree(work, port)
    inside = f"cd {INSIDE} && export PATH={INSIDE}/.venv/bin:$PATH && {command}"
    return subprocess.run(ssh(work, port, user, inside), check=False).returncode


def send_tree(work: Path, port: int) -> None:
    """The files that git knows or would take; nothing there is removed."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, capture_output=True, check=True).stdout.split(b"\0")
    there = b"\0".join(name for name in names if name and (ROOT / os.fsdecode(name)).exists())
    pack = ["tar", "--create", "--null", "--files-from=-", "--owner=0", "--group=0"]
    packed = subprocess.run(pack, cwd=ROOT, input=there, capture_output=True, check=True).stdout
    subprocess.run(ssh(work, port, "root", f"tar --extract --directory {INSIDE}"), input=packed, check=True)


def ssh(work: Path, port: int, user: str, command: str) -> list[str]:
    options = ["StrictHostKeyChecking=no", f"UserKnownHostsFile={work / 'known_hosts'}", "LogLevel=ERROR"]
    start = ["ssh", "-p", str(port), "-i", str(work / "key"), *(f"-o{option}" for option in options)]
    return [*start, f"{user}@127.0.0.1", command]


def call(*command: str) -> None:
    """Run a program, shown first; its failure ends this one."""
    print("+", shlex.join(command), flush=True)
    subprocess.run(command, check=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/var/tmp/residual-vm"), help="folder for its disk and key")  # noqa: S108 - a few gigabytes that outlive a reboot
    parser.add_argument("--port", type=int, default=2222, help="where its SSH is, on this machine only")
    steps = parser.add_subparsers(dest="step", required=True)
    steps.add_parser("build").add_argument("--suite", default="bookworm")
    booting = steps.add_parser("boot")
    booting.add_argument("--accel", default="tcg,thread=multi", help="as QEMU names it")
    booting.add_argument("--memory-mb", type=int, default=6144)
    running = steps.add_parser("run")
    running.add_argument("--user", choices=USERS, default="root")
    running.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    if asked.step == "build":
        build(asked.work, asked.suite)
    elif asked.step == "boot":
        boot(asked.work, asked.port, asked.accel, asked.memory_mb)
    else:
        return run(asked.work, asked.port, asked.user, " ".join(asked.command))
    return 0


if __name__ == "__main__":
    sys.exit(main())
