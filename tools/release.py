"""Build what a release consists of, the same bytes each time, and try each part in an empty place.

Usage: python tools/release.py FOLDER. Writes into FOLDER, which must be empty or missing:
  onetimesecret-ots-VERSION.tar.gz                                  the collection, for Galaxy
  onetime_server-*.whl                                              the local server
  terraform-provider-onetimesecret_VERSION_linux_{amd64,arm64}.zip  the provider with all it needs, for Terraform's registry
  terraform-provider-onetimesecret_VERSION_manifest.json            and _SHA256SUMS, as that registry wants them
  *.cdx.json                                                        what is inside of server and provider (CycloneDX)
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import yaml
from packaging.version import Version

CHECKOUT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PROVIDER = "terraform-provider-onetimesecret"
CLIENT_VERSION = "plugins/module_utils/onetime/version.py"  # the provider's as well
PLATFORMS = {"amd64": "x86_64-manylinux2014", "arm64": "aarch64-manylinux2014"}
OF_THE_INSTALLER = (
    "bin",
    "RECORD",
    "direct_url.json",
    "uv_cache.json",
    ".lock",
)  # of no use there, or with a path or time
PYTHONS = ("3.11", "3.12", "3.13")
# https://developer.hashicorp.com/terraform/registry/providers/publishing
MANIFEST = {"version": 1, "metadata": {"protocol_versions": ["6.0"]}}
LAUNCHER = f"""#!/usr/bin/env -S python3 -I -S
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent / "site" / "{{}}.{{}}".format(*sys.version_info)
if not here.is_dir():
    sys.exit("{PROVIDER} needs Python {", ".join(PYTHONS[:-1])} or {PYTHONS[-1]} as python3 on PATH")
sys.path.insert(0, str(here))

from terraform_provider_onetimesecret.cli import main
from terraform_provider_onetimesecret.onetime.version import VERSION

sys.argv[1:1] = ["serve", VERSION]
main()
"""


def version_of_all(checkout: Path) -> str:
    """Return the version of collection, provider, server and changelog. Raises SystemExit where they differ."""
    client = re.search(r'^VERSION = "(.+)"$', (checkout / CLIENT_VERSION).read_text(), re.MULTILINE)
    releases = yaml.safe_load((checkout / "changelogs/changelog.yaml").read_text())["releases"]
    versions = {
        "galaxy.yml": yaml.safe_load((checkout / "galaxy.yml").read_text())["version"],
        CLIENT_VERSION: client and client[1],
        "server/pyproject.toml": tomllib.loads((checkout / "server/pyproject.toml").read_text())["project"]["version"],
        "changelogs/changelog.yaml": max(releases, key=Version),
    }
    if len(set(versions.values())) > 1:
        raise SystemExit(f"the versions differ: {', '.join(f'{file} {it}' for file, it in versions.items())}")
    return str(versions["galaxy.yml"])


def build(checkout: Path, folder: Path) -> None:
    """Build everything of the checkout into an empty folder."""
    version = version_of_all(checkout)
    with tempfile.TemporaryDirectory() as temporary:
        work = Path(temporary)
        _build_collection(checkout, work, folder / f"onetimesecret-ots-{version}.tar.gz")
        server = _wheel(checkout / "server", folder)
        _describe(_pins(checkout / "server", checkout, work), folder / f"{server.stem}.cdx.json")
        _build_provider(checkout, work, folder, version)


def _build_collection(checkout: Path, work: Path, tarball: Path) -> None:
    run(BIN / "ansible-galaxy", "collection", "build", "--output-path", work, checkout)
    with tarfile.open(next(work.glob("onetimesecret-ots-*.tar.gz"))) as built:
        members = sorted(((member, _content(built, member)) for member in built), key=lambda pair: pair[0].name)
    with (
        tarball.open("wb") as file,
        gzip.GzipFile("", "wb", 9, file, mtime=_time()) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for member, content in members:
            member.mtime, member.uid, member.gid, member.uname, member.gname = _time(), 0, 0, "", ""
            member.pax_headers = {}
            archive.addfile(member, io.BytesIO(content))


def _content(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    return file.read() if file else b""


def _build_provider(checkout: Path, work: Path, folder: Path, version: str) -> None:
    pins = _pins(checkout / "terraform", checkout, work)
    wheel = _wheel(checkout / "terraform", work)
    _describe(pins, folder / f"{PROVIDER}_{version}.cdx.json")
    for name, platform in PLATFORMS.items():
        tree = work / name
        for python in PYTHONS:
            site = tree / "site" / python
            install = (BIN / "uv", "pip", "install", "--quiet", "--target", site, "--python-version", python)
            wheels = ("--python-platform", platform, "--only-binary", ":all:")
            run(*install, *wheels, "--require-hashes", "--requirement", pins)
            run(*install, *wheels, "--no-deps", wheel)
        for leftover in [path for path in tree.rglob("*") if path.name in OF_THE_INSTALLER]:
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        launcher = tree / f"{PROVIDER}_v{version}"
        launcher.write_text(LAUNCHER)
        launcher.chmod(0o755)
        shutil.copytree(checkout / "terraform/LICENSES", tree / "LICENSES")
        _zip(tree, folder / f"{PROVIDER}_{version}_linux_{name}.zip")
    (folder / f"{PROVIDER}_{version}_manifest.json").write_text(json.dumps(MANIFEST, indent=2) + "\n")
    (folder / f"{PROVIDER}_{version}_SHA256SUMS").write_text("".join(_sums(folder, f"{PROVIDER}_{version}_*")))


def _zip(tree: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(path for path in tree.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(tree)), (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if os.access(path, os.X_OK) else 0o100644) << 16
            packed.writestr(entry, path.read_bytes())


def _wheel(sources: Path, folder: Path) -> Path:
    run(
        BIN / "uv",
        "build",
        "--quiet",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        folder,
        sources,
    )
    (folder / ".gitignore").unlink(missing_ok=True)  # which uv leaves
    name = tomllib.loads((sources / "pyproject.toml").read_text())["project"]["name"].replace("-", "_")
    return next(folder.glob(f"{name}-*.whl"))


def _pins(sources: Path, checkout: Path, work: Path) -> Path:
    """Return a file with all that a package needs: the versions that the tests ran with, and their hashes."""
    pins = work / f"{sources.name}.txt"
    run(
        *(BIN / "uv", "pip", "compile", "--quiet", "--universal", "--generate-hashes", "--python-version", PYTHONS[0]),
        *("--no-header", "--no-annotate", "--no-emit-index-url", "--constraint", checkout / "requirements/dev.txt"),
        *(sources / "pyproject.toml", "--output-file", pins),
    )
    return pins


def _describe(pins: Path, bill: Path) -> None:
    """Write the bill of materials of what is pinned."""
    run(BIN / "cyclonedx-py", "requirements", "--output-reproducible", "--output-format", "JSON", "-o", bill, pins)


def _sums(folder: Path, pattern: str) -> Iterator[str]:
    for path in sorted(folder.glob(pattern)):
        if path.suffix in (".zip", ".json") and not path.name.endswith(".cdx.json"):
            yield f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"


def check_for_galaxy(folder: Path) -> None:
    """Check the collection's tarball as Galaxy does at its import. Raises SystemExit where Galaxy would warn."""
    programs = BIN.parent / "galaxy/bin"
    with tempfile.TemporaryDirectory() as temporary:  # the importer leaves its result where it runs
        told = run(
            *(programs / "python", "-m", "galaxy_importer.main", *folder.glob("onetimesecret-ots-*.tar.gz")),
            cwd=Path(temporary),
            env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        )
    if "WARNING" in told or "Importer processing completed successfully" not in told:
        raise SystemExit(f"Galaxy would not take the collection as it is:\n{told}")


def try_out(folder: Path) -> None:
    """Install each part into an empty place and use it."""
    version = version_of_all(CHECKOUT)
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        environment = {**os.environ, "HOME": temporary, "ANSIBLE_COLLECTIONS_PATH": temporary}
        run(
            BIN / "ansible-galaxy",
            "collection",
            "install",
            "-p",
            place,
            folder / f"onetimesecret-ots-{version}.tar.gz",
            env=environment,
        )
        run(BIN / "ansible-doc", "--type", "module", "onetimesecret.ots.ots_share", env=environment)

        run(BIN / "uv", "venv", "--quiet", "--python", sys.executable, place / "server")
        run(
            BIN / "uv",
            "pip",
            "install",
            "--quiet",
            "--python",
            place / "server/bin/python",
            next(folder.glob("onetime_server-*.whl")),
        )
        run(place / "server/bin/onetime-server", "--help")

        name = {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]
        plugins = place / "plugins/registry.terraform.io/onetimesecret/onetimesecret"
        plugins.mkdir(parents=True)
        shutil.copy(
            folder / f"{PROVIDER}_{version}_linux_{name}.zip", plugins
        )  # a packed mirror, as `terraform init` reads it
        (place / "main.tf").write_text(
            'terraform {\n  required_providers { onetimesecret = { source = "onetimesecret/onetimesecret" } }\n}\n'
            'output "link" { value = provider::onetimesecret::link("ab12cd34", "eu") }\n'
        )
        terraform = shutil.which("terraform")
        if terraform is None:
            raise SystemExit(
                "terraform is not on PATH, so the provider's archive was not tried; install Terraform 1.8 or later"
            )
        run(terraform, "init", f"-plugin-dir={place / 'plugins'}", cwd=place, env=environment)
        told = run(terraform, "apply", "-auto-approve", "-no-color", cwd=place, env=environment)
        if 'link = "https://eu.onetimesecret.com/secret/ab12cd34"' not in told:
            raise SystemExit(f"the provider's archive does not work:\n{told}")


def run(program: object, *arguments: object, cwd: Path = CHECKOUT, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it printed. Raises SystemExit, with all of that, where it fails."""
    finished = subprocess.run(
        [str(program), *map(str, arguments)],
        cwd=cwd,
        env={**(env or os.environ), "SOURCE_DATE_EPOCH": str(_time())},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if finished.returncode:
        raise SystemExit(f"{program} failed:\n{finished.stdout}")
    return finished.stdout


def _time() -> int:
    """Seconds since 1970 (UTC): when the commit was made."""
    git = ["git", "-C", str(CHECKOUT), "log", "-1", "--format=%ct"]
    return int(subprocess.run(git, check=True, capture_output=True, text=True).stdout)


def differences(one: Path, other: Path) -> list[str]:
    """Return the names of files that are not the same in both folders."""
    names = sorted({path.name for folder in (one, other) for path in folder.iterdir()})
    return [name for name in names if not _same(one / name, other / name)]


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and one.read_bytes() == other.read_bytes()


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise SystemExit(f"{folder} is not empty; remove it first")
    with tempfile.TemporaryDirectory() as temporary:
        # What is committed, in two folders: nothing that lies about is in a release, and no path is.
        for copy, out in (
            (Path(temporary) / "a", folder),
            (Path(temporary) / "another folder", Path(temporary) / "again"),
        ):
            run("git", "clone", "--quiet", CHECKOUT, copy)
            out.mkdir(exist_ok=True)
            build(copy, out)
        if unlike := differences(folder, Path(temporary) / "again"):
            raise SystemExit(f"not the same bytes in two folders: {', '.join(unlike)}")
    check_for_galaxy(folder)
    try_out(folder)
    for path in sorted(folder.iterdir()):
        print(f"{path.stat().st_size:>12,}  {path.name}")
    print("release: the same bytes in two folders; Galaxy's importer has no warning; each part installed and used")


if __name__ == "__main__":
    main()
