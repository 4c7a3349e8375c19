"""Sweeps run to their end."""

import pytest
from sweeping import Sweep, start


@pytest.fixture
def sweep(tmp_path):
    """Run `train -m ARGUMENTS` to its end."""

    def run(*arguments, folder=tmp_path):
        launcher = start(folder, *arguments)
        stdout, stderr = launcher.communicate(timeout=400)
        return Sweep(launcher.returncode, stdout, stderr, folder / "sweep")

    return run
