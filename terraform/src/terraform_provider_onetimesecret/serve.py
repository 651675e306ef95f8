"""`terraform-provider-onetimesecret serve VERSION`: what the launcher runs for Terraform."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

from .installation import PROGRAM
from .onetime.version import VERSION


def serve(arguments: Sequence[str]) -> None:
    """Serve Terraform until it leaves. ARGUMENTS: the version that the launcher is of."""
    if arguments != [VERSION]:
        # On standard output, where Terraform waits for the handshake: it shows what else it finds there.
        sys.stdout.write(
            f"the launcher is of version {' '.join(arguments)}, but {PROGRAM} on PATH is {VERSION}; run `{PROGRAM} install`"
            " and `terraform init -upgrade`, or put the other one on PATH\n"
        )
        sys.exit(1)
    gc.disable()  # it would look through what is being loaded again and again: a fifth of the time to start
    from .provider import Provider
    from .transport.plugin import NotStartedByTerraformError, run

    gc.freeze()
    gc.enable()
    try:
        run(Provider())
    except NotStartedByTerraformError:
        sys.exit(f"{PROGRAM}: serve is for Terraform, which starts it by itself; see `{PROGRAM} install`")
    # Without waiting for threads: a call that nobody waits for any more must not be repeated.
    os._exit(0)
