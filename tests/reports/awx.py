"""Run all proofs for AWX and print what was proven, a line each. Exit code 1 if something was not."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from tests.reports import awx_scale as scale
from tests.support import CHECKOUT

TESTS = CHECKOUT / "tests" / "awx"


def tested() -> Iterator[tuple[str, str]]:
    """Run the tests; yield each as a sentence, and how it went."""
    with tempfile.NamedTemporaryFile(suffix=".xml") as file:
        command = [sys.executable, "-m", "pytest", "-n", "2", "--quiet", TESTS, f"--junit-xml={file.name}"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            sys.stdout.write(done.stdout)
        for case in ET.parse(file.name).iter("testcase"):
            ends = [end for end in ("failure", "error", "skipped") if case.find(end) is not None]
            sentence = case.attrib["name"].partition("[")[0].removeprefix("test_").replace("_", " ")
            yield sentence, (ends or ["proven"])[0]


def main() -> int:
    found = list(tested())
    for (sentence, end), times in Counter(found).items():
        sys.stdout.write(f"{end}: {sentence}{f' ({times} cases)' if times > 1 else ''}\n")
    sys.stdout.flush()
    scale_is_wrong = scale.main()
    ends = Counter(end for _, end in found)
    sys.stdout.write(f"awx: {', '.join(f'{times} {end}' for end, times in ends.items())}; ")
    sys.stdout.write(f"the paper on scale {'does not agree' if scale_is_wrong else 'agrees'}\n")
    return int(scale_is_wrong or set(ends) != {"proven"})


if __name__ == "__main__":
    sys.exit(main())
