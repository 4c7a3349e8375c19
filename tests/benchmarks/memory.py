"""How near the estimate of memory comes: every case of tests/memory, estimated and measured.

`make bench` runs it and prints the table. Measured are the bytes of all tensors alive in two real
steps on a CPU (tests/memory/live_bytes.py). Nothing here is asserted; the slow tests do that.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
sys.path.insert(0, str(Path(__file__).parents[1] / "memory"))

from estimating import workload
from measuring import measured_peak

from cases import CASES, Case
from mathpal.preflight.memory.training import training

MIB = 2**20
NEAR = 0.10


def row(case: Case) -> tuple[str, float]:
    """Return a case's line of the table, and the error of its estimate."""
    with tempfile.TemporaryDirectory() as folder:
        measured = measured_peak(case, Path(folder))
    estimate = training(workload(case)).num_bytes
    error = estimate / measured - 1
    cells = [case.name, f"{estimate / MIB:.1f}", f"{measured / MIB:.1f}", f"{error:+.1%}"]
    return f"| {' | '.join(cells)} |", error


def main() -> None:
    """Print the table as it comes, and what it comes to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a part of the names of the cases to measure")
    asked = parser.parse_args()
    begun = time.perf_counter()
    print("| configuration | estimate, MiB | measured, MiB | error |\n|---|---:|---:|---:|")
    errors = []
    for case in CASES:
        if asked.only in case.name:
            line, error = row(case)
            print(line, flush=True)
            errors.append(error)
    share = sum(abs(error) <= NEAR for error in errors) / len(errors)
    print(
        f"\n{len(errors)} configurations: {share:.0%} within {NEAR:.0%}; lowest "
        f"{min(errors):+.1%}, highest {max(errors):+.1%}; {time.perf_counter() - begun:.0f} s"
    )


if __name__ == "__main__":
    main()
