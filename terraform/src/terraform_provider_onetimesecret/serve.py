"""`terraform-provider-onetimesecret serve VERSION`: what the launcher runs for Terraform."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from .installation import PROGRAM
from .onetime.version import VERSION


def serve(arguments: Sequence[str]) -> None:
    """Serve Terraform until it leaves. ARGUMENTS: the version that the launcher is of."""
    if arguments != [VERSION]:
        _give_up(
            f"the launcher has version {' '.join(arguments)}, but {PROGRAM} on PATH is {VERSION}; run `{PROGRAM} install`"
            " and `terraform init -upgrade`, or put the right version on PATH"
        )
    gc.disable()  # it would look through what is being loaded again and again: a fifth of the time to start
    from .provider import Provider
    from .transport.plugin import NoSocketError, NotStartedByTerraformError, run

    gc.freeze()
    gc.enable()
    try:
        run(Provider())
    except NotStartedByTerraformError:
        sys.exit(f"{PROGRAM}: serve is for Terraform, which starts it by itself; see `{PROGRAM} install`")
    except NoSocketError as error:
        _give_up(str(error))
    # Without waiting for threads: a call that nobody waits for any more must not be repeated.
    os._exit(0)


def _give_up(reason: str) -> NoReturn:
    """Say why on standard output, where Terraform waits for the handshake: it shows what else it finds there."""
    sys.stdout.write(f"{reason}\n")
    sys.exit(1)
