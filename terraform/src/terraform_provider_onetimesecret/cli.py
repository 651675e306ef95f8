"""The program. Terraform runs `serve` up to five times in one command, so its way loads nothing that it does not need."""

from __future__ import annotations

import sys


def main() -> None:
    """Run what the command line asks for; exits with 1 and one line on standard error if that is impossible."""
    if sys.argv[1:2] == ["serve"]:
        from .serve import serve

        serve(sys.argv[2:])
    else:
        from .commands import run

        run()
