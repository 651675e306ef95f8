"""The command line: `terraform-provider-onetimesecret install`, `version`, `schema`; `serve` is for Terraform."""

from __future__ import annotations

import argparse
import gc
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from .installation import ADDRESS, PLUGIN_DIR, PROGRAM, install
from .onetime.version import VERSION


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; exits with 1 and one line on standard error if that is impossible."""
    options = _parser().parse_args(arguments)
    problem: str | None = options.run(options)
    if problem:
        sys.exit(f"{PROGRAM}: {problem}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(PROGRAM, description="A Terraform provider for one-time links of Onetime Secret.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    command = commands.add_parser("install", help="let `terraform init` find the provider on this machine")
    command.add_argument("--plugin-dir", type=Path, default=PLUGIN_DIR, metavar="DIR", help="default: %(default)s")
    command.set_defaults(run=_install)
    commands.add_parser("version", help="print the version").set_defaults(run=_version)
    commands.add_parser("schema", help="print the schema as JSON").set_defaults(run=_schema)
    command = commands.add_parser("serve", help="what Terraform runs")
    command.add_argument("--version", required=True, help="the version that the launcher is of")
    command.set_defaults(run=_serve)
    return parser


def _install(options: argparse.Namespace) -> str | None:
    try:
        launcher = install(options.plugin_dir)
    except OSError as error:
        return f"cannot write below {options.plugin_dir}: {error.strerror}; give another --plugin-dir"
    sys.stdout.write(f"{ADDRESS} {VERSION} is at {launcher}\n")
    if shutil.which(PROGRAM) is None:
        folder = Path(sys.argv[0]).resolve().parent
        sys.stderr.write(f"{PROGRAM} is not on PATH, where Terraform must find it; add {folder}\n")
    return None


def _version(_options: argparse.Namespace) -> None:
    sys.stdout.write(f"{VERSION}\n")


def _schema(_options: argparse.Namespace) -> None:
    from .description import description

    sys.stdout.write(json.dumps(description(), indent=2) + "\n")


def _serve(options: argparse.Namespace) -> str | None:
    if options.version != VERSION:
        return (
            f"the launcher is of version {options.version}, but {VERSION} is on PATH; run `{PROGRAM} install` and"
            " `terraform init -upgrade`, or put the other one on PATH"
        )
    gc.disable()  # it would look through what is being loaded again and again: a fifth of the time to start
    from .provider import Provider
    from .transport.plugin import NotStartedByTerraformError, run

    gc.freeze()
    gc.enable()
    try:
        run(Provider())
    except NotStartedByTerraformError:
        return "serve is for Terraform, which starts it by itself; see `install`"
    # Without waiting for threads: a call that nobody waits for any more must not be repeated.
    os._exit(0)
