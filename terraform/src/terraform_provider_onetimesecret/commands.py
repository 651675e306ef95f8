"""The commands for people: `install`, `version`, `schema`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path

from .installation import ADDRESS, PLUGIN_DIR, PROGRAM, install
from .onetime.version import VERSION


def run() -> None:
    """Run one command."""
    options = _parser().parse_args()
    options.run(options)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(PROGRAM, description="A Terraform provider for one-time links of Onetime Secret.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("install", help="let `terraform init` find the provider on this machine")
    command.add_argument("--plugin-dir", type=Path, default=PLUGIN_DIR, metavar="DIR", help="default: %(default)s")
    command.set_defaults(run=_install)
    commands.add_parser("version", help="print the version").set_defaults(run=_version)
    commands.add_parser("schema", help="print the schema as JSON").set_defaults(run=_schema)
    return parser


def _install(options: argparse.Namespace) -> None:
    try:
        launcher, changed = install(options.plugin_dir)
    except OSError as error:
        sys.exit(f"{PROGRAM}: cannot write below {options.plugin_dir}: {error.strerror}; give another --plugin-dir")
    sys.stdout.write(f"{ADDRESS} {VERSION} is {'now' if changed else 'already'} at {launcher}\n")
    if shutil.which(PROGRAM) is None:
        folder = Path(sys.argv[0]).resolve().parent
        sys.stderr.write(f"{PROGRAM} is not on PATH, where Terraform must find it; add {folder}\n")


def _version(_options: argparse.Namespace) -> None:
    sys.stdout.write(f"{VERSION}\n")


def _schema(_options: argparse.Namespace) -> None:
    from .description import description  # loads gRPC's messages, which the other commands do without

    sys.stdout.write(json.dumps(description(), indent=2) + "\n")
