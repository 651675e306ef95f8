"""Real SSH targets on loopback: Debian systems with an own disk, host name, accounts and processes, without containers.

Usage: python tools/targets.py create FOLDER HOST…    starts them and writes FOLDER/inventory.yml; HOST:systemd boots systemd,
                                                      else the SSH server is all that runs, as in many containers
       python tools/targets.py destroy FOLDER         ends them; nothing of them is left
       python tools/targets.py check                  says whether this machine can run them

The base system is built once from Debian's packages, at the mirrors of this machine's apt, and kept below .molecule/.
Everything that a target writes lies in memory, in a mount namespace of its own, and ends with it.
"""

from __future__ import annotations

import fcntl
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import yaml

from targets_process import end, remember, wait_until

CHECKOUT = Path(__file__).resolve().parent.parent
CACHE = CHECKOUT / ".molecule"
LAUNCH = Path(__file__).with_name("targets_launch.sh")
PACKAGES = ("openssh-server", "python3", "python3-venv", "sudo", "systemd-sysv")
USER = "ansible"  # who Ansible logs in as; becomes root by sudo
UNSHARE = ("unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "sh", "-eu")
PROBE = """
mount -t tmpfs none /mnt
mkdir /mnt/upper /mnt/work /mnt/root
mount -t overlay -o lowerdir=/etc,upperdir=/mnt/upper,workdir=/mnt/work none /mnt/root
"""
REMOVE_GROUP = """
mount -t cgroup2 none /mnt
cd /mnt
[ -d "$0" ] || exit 0
while grep -q 'populated 1' "$0/cgroup.events"; do sleep 0.05; done
find "$0" -depth -type d -exec rmdir {} +
"""


class TargetError(Exception):
    """What this machine lacks, or what went wrong; the text says what to do."""


def create(folder: Path, hosts: list[str]) -> None:
    """Start a target for each NAME or NAME:systemd. `folder` gets the inventory, the keys of this run and a log for each host."""
    check_machine()
    base = base_system()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = folder / "id_ed25519"
    if not key.exists():
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "targets", "-f", str(key))
    ports = {}
    for host in hosts:
        name, _, init = host.partition(":")
        ports[name] = start(folder, base, name, init or "sshd")
    (folder / "inventory.yml").write_text(yaml.safe_dump(inventory(folder, ports)))


def destroy(folder: Path) -> None:
    """End every target that `create` started in `folder`, and remove the folder."""
    for record in folder.glob("*.process"):
        end(record, signal.SIGKILL)  # `unshare` takes no notice of SIGTERM; its child dies with it
        run(*UNSHARE, "-c", REMOVE_GROUP, control_group(folder, record.stem))
    shutil.rmtree(folder, ignore_errors=True)


def check_machine() -> None:
    """Raise TargetError unless this machine can run targets."""
    if platform.system() != "Linux" or not shutil.which("apt-get"):
        raise TargetError(
            "Real targets are built from Debian's packages by Debian's tools: run this on Debian or a relative."
        )
    if os.geteuid() != 0:
        raise TargetError("Real targets need root, for mounts and chroot: run this as root.")
    if not shutil.which("ssh") or not shutil.which("ssh-keygen"):
        raise TargetError("There is no SSH client: apt-get install openssh-client")
    probe = subprocess.run([*UNSHARE, "-c", PROBE], capture_output=True, text=True, check=False)
    if probe.returncode:
        raise TargetError(
            "Real targets need mount namespaces, tmpfs and overlayfs, which this machine refuses "
            f"({probe.stderr.strip()}). A container must run privileged, or at least with CAP_SYS_ADMIN and without "
            "seccomp and AppArmor confinement."
        )


def base_system() -> Path:
    """Return the folder of the base system, built on first use."""
    suite = platform.freedesktop_os_release()["VERSION_CODENAME"]
    recipe = sha256(" ".join([suite, USER, *PACKAGES]).encode()).hexdigest()[:8]
    base = CACHE / f"{suite}-{recipe}"
    with alone():
        if not base.exists():
            print(f"Building the base system of the targets, {suite}; it is kept in {base}", flush=True)
            unfinished = base.with_name(f"{base.name}.unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            build(suite, unfinished)
            unfinished.rename(base)
    return base


def build(suite: str, folder: Path) -> None:
    """Install a minimal system with Ansible's user into `folder`."""
    mirrors = debian_mirrors(suite)
    if not shutil.which("mmdebstrap"):
        run("apt-get", "update")
        run("apt-get", "install", "--yes", "--no-install-recommends", "mmdebstrap")
    sudoers = f"echo '{USER} ALL=(ALL) NOPASSWD: ALL' > \"$1/etc/sudoers.d/{USER}\""
    run(
        "mmdebstrap",
        "--variant=minbase",
        f"--include={','.join(PACKAGES)}",
        *proxy_settings(),
        f"--customize-hook=chroot \"$1\" useradd --create-home --shell /bin/bash --password '*' {USER}",
        f"--customize-hook={sudoers}",
        '--customize-hook=systemctl --root="$1" mask getty.target console-getty.service',  # there is no console
        '--customize-hook=rm -f "$1"/etc/ssh/ssh_host_*',  # each target makes keys of its own
        suite,
        str(folder),
        *mirrors,
    )


def debian_mirrors(suite: str) -> list[str]:
    """Return where this machine's apt has the suite from, as lines of a sources.list."""
    wanted = (
        "apt-get",
        "indextargets",
        "--format",
        "$(ORIGIN) $(REPO_URI) $(RELEASE) $(COMPONENT)",
        "Created-By: Packages",
    )
    for refresh in (False, True):  # an image without apt's lists does not know the origins yet
        if refresh:
            run("apt-get", "update")
        found = [line.split() for line in run(*wanted).splitlines()]
        mirrors = [
            f"deb {' '.join(place)}"
            for origin, *place in found
            if origin in ("Debian", "Ubuntu") and place[1].startswith(suite)
        ]
        if mirrors:
            return mirrors
    raise TargetError(f"This machine's apt knows no mirror of {suite}: see /etc/apt/sources.list.d")


def proxy_settings() -> list[str]:
    """Return this machine's apt settings of how to reach mirrors, as options of mmdebstrap."""
    settings = run("apt-config", "dump", "Acquire::http", "Acquire::https").splitlines()
    return [f"--aptopt={line}" for line in settings if '"";' not in line]


def start(folder: Path, base: Path, host: str, init: str) -> int:
    """Start a target, with `init` (sshd or systemd) as its first process, and return its port once it answers."""
    port = free_port()
    files = folder / host
    files.mkdir(exist_ok=True)
    host_key = folder / f"{host}.host_key"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", host, "-f", str(host_key))
    with (folder / "known_hosts").open("a") as known:
        known.write(f"[127.0.0.1]:{port} {host_key.with_suffix('.host_key.pub').read_text()}")
    log = folder / f"{host}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [*UNSHARE, str(LAUNCH), str(base), str(files), host, str(port), USER, init, control_group(folder, host)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    remember(process.pid, folder / f"{host}.process")
    wait_until(lambda: answers(port) or process.poll() is not None)
    if process.poll() is not None:
        raise TargetError(f"{host} did not start: {log.read_text().strip()}")
    return port


def control_group(folder: Path, host: str) -> str:
    """The name of a control group for the processes of one target: systemd wants one of its own."""
    return f"target-{sha256(str(folder / host).encode()).hexdigest()[:12]}"


def inventory(folder: Path, ports: dict[str, int]) -> dict[str, object]:
    """Return the targets as group `targets`."""
    known = f"-o UserKnownHostsFile={folder / 'known_hosts'} -o StrictHostKeyChecking=yes -o IdentitiesOnly=yes"
    common = {
        "ansible_host": "127.0.0.1",
        "ansible_user": USER,
        "ansible_ssh_private_key_file": str(folder / "id_ed25519"),
        "ansible_ssh_common_args": known,
        "ansible_control_path_dir": str(
            folder / "ssh"
        ),  # an open connection of an earlier run may have had the same port
        "ansible_python_interpreter": "/usr/bin/python3",
    }
    return {"targets": {"hosts": {host: {"ansible_port": port} for host, port in ports.items()}, "vars": common}}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def answers(port: int) -> bool:
    """Whether an SSH server greets at a port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


@contextmanager
def alone() -> Iterator[None]:
    """Keep other runs out of the cache."""
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(*command: str) -> str:
    """Run a command and return what it prints. Raises TargetError with its last words."""
    finished = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if finished.returncode:
        raise TargetError(f"{' '.join(command[:2])} failed: {(finished.stderr or finished.stdout).strip()[-2000:]}")
    return finished.stdout


def main(arguments: list[str]) -> int:
    match arguments:
        case ["check"]:
            try:
                check_machine()
            except TargetError as error:
                print(f"targets: {error}", file=sys.stderr)
                return 1
        case ["create", folder, *hosts] if hosts:
            try:
                create(Path(folder).absolute(), hosts)
            except TargetError as error:
                destroy(Path(folder).absolute())
                print(f"targets: {error}", file=sys.stderr)
                return 1
        case ["destroy", folder]:
            destroy(Path(folder).absolute())
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
