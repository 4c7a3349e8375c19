"""The built wheel carries conf/ and works in an empty folder."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_wheel_composes_and_plans_in_an_empty_folder(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("mathpal-*.whl")
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    pip = [sys.executable, "-m", "pip", "--python", environment / "bin" / "python", "install"]
    subprocess.run([*pip, "--no-index", "--no-deps", "--quiet", wheel], check=True)
    # The packages at hand, below the wheel; our own editable install is not followed from there.
    (site / "at_hand.pth").write_text(sysconfig.get_path("purelib") + "\n")
    empty = tmp_path / "empty"
    empty.mkdir()

    def train(*arguments: str) -> str:
        command = [environment / "bin" / "train", *arguments]
        done = subprocess.run(command, cwd=empty, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [environment / "bin" / "python", "-c", "import mathpal; print(mathpal.__file__)"],
        capture_output=True,
        text=True,
        cwd=empty,
    )
    assert where.stdout.startswith(str(environment))
    assert "name: mathpal/tiny" in train("--cfg", "job")
    assert str(site / "mathpal" / "conf") in train("--info", "searchpath")
    assert "vi_math_synth" in train("--help")
    assert "dry run: nothing was trained" in train("dry_run=true", "hydra.run.dir=planned")
    plan = json.loads((empty / "planned" / "plan.json").read_text())
    assert plan["num_parameters"] < 2_000_000
    for data_file in ("report/page.html.jinja", "evaluation/benches/vi_math_bench_1.jsonl"):
        assert (site / "mathpal" / data_file).is_file()
