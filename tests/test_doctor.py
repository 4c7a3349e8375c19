"""`mathpal doctor`: what it finds on machines that are well, and on broken ones made for real."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from rich.console import Console

from mathpal import limits
from mathpal.doctor import (
    caches,
    child,
    files,
    gpus,
    machine,
    network,
    packages,
    renderables,
)
from mathpal.doctor.finding import Finding, State
from mathpal.models.sources import TINY, locate

SECTIONS = ("machine", "disk", "files", "packages", "caches", "imports", "gpu", "network")
TOKEN = "hf_ThisIsASecretOfTheTests"
PASSWORD = "open-sesame-of-the-tests"


class _Server(BaseHTTPRequestHandler):
    status = 200

    def do_HEAD(self) -> None:
        self.send_response(self.status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


class _InTrouble(_Server):
    status = 503


class _WantsPassword(_Server):
    status = 407


@pytest.fixture
def served(request) -> Iterator[str]:
    """The address of a server that answers as the test wants."""
    server = HTTPServer(("127.0.0.1", 0), request.param)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def direct(monkeypatch) -> None:
    """No proxy between the tests and their own servers."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def broken_packages(tmp_path) -> Path:
    """A folder for PYTHONPATH whose libraries are old, raise, crash or lack their metadata."""
    folder = tmp_path / "packages"
    sources = {
        "torch": "import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n",
        "transformers": "",
        "peft": "import a_module_that_is_not_there\n",
        "trl": "try:\n    import libnothing\nexcept ImportError as error:\n"
        "    raise RuntimeError('trl cannot start') from error\n",
        "optuna": "raise ImportError('no optuna here')\n",
        "wandb": "raise ImportError('no wandb here')\n",
    }
    for name, source in sources.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(source)
    _metadata(folder, "trl", "1.20.0")
    _metadata(folder, "optuna", "4.2.0")
    return folder


def _metadata(folder: Path, name: str, version: str, *requires: str) -> None:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    (info / "METADATA").write_text(
        "\n".join([*lines, *(f"Requires-Dist: {r}" for r in requires), ""])
    )


@pytest.mark.slow
def test_a_healthy_machine_has_nothing_broken(run_mathpal):
    finished = run_mathpal("doctor", env={"HF_HUB_OFFLINE": "1", "WANDB_MODE": "offline"})
    assert (finished.code, finished.stderr) == (0, "")
    _, *lines, last = finished.stdout.splitlines()
    assert last == "nothing is broken: train works here"
    assert list(dict.fromkeys(line.split(": ")[1] for line in lines)) == list(SECTIONS)
    for name in ("torch", "transformers", "peft", "trl"):
        assert any(line.startswith(f"ok: imports: {name}: ") for line in lines), finished.stdout
    assert "note: network: hub: not asked, as HF_HUB_OFFLINE" in finished.stdout


@pytest.mark.parametrize("served", [_Server], indirect=True)
def test_a_broken_machine_is_told_line_by_line(
    run_mathpal, tmp_path, broken_packages, served, direct
):
    (tmp_path / "outputs").write_text("a file where run folders should land")
    env = {
        "PYTHONPATH": str(broken_packages),
        "HF_ENDPOINT": served,
        "HF_TOKEN": TOKEN,
        "HTTPS_PROXY": f"http://an:{PASSWORD}@localhost:1",
        "MATHPAL_CACHE": str(tmp_path / "cache"),
        "WANDB_MODE": "online",
    }
    finished = run_mathpal("doctor", env=env)
    lines = finished.stdout.splitlines()
    found = {}
    for line in lines[1:]:
        state, section, name, text = line.split(": ", 3)
        found.setdefault(f"{section} {name}", (state, text))
    assert list(dict.fromkeys(key.partition(" ")[0] for key in found)) == list(SECTIONS)
    for key, state, text in (
        ("packages trl", "broken", "1.20.0 is installed, <1.14,>=1.12 is required; pip install"),
        ("files run folders", "broken", "outputs is a file, not a folder; set output_dir=FOLDER"),
        ("imports torch", "broken", "ended by SIGILL; pip install --force-reinstall 'torch<"),
        ("imports transformers", "broken", "ImportError: cannot import name"),
        ("imports peft", "broken", "No module named 'a_module_that_is_not_there'"),
        ("imports trl", "broken", "RuntimeError: trl cannot start ("),
        ("imports trl", "broken", "trl/__init__.py), because of ModuleNotFoundError"),
        ("imports optuna", "warning", "no optuna here"),
        ("imports optuna", "warning", "needed by searches (train -m); pip install"),
        ("imports wandb", "warning", "no wandb here"),
        ("network hub", "ok", f"{served.removeprefix('http://')} reachable"),
        ("network hub token", "ok", "at hand"),
        ("machine variables", "note", "HTTPS_PROXY=http://an:***@localhost:1"),
        ("files tiny model", "ok", "weights"),
    ):
        assert found[key][0] == state, (key, found[key])
        assert text in found[key][1], (key, found[key])
    assert finished.code == 1
    assert finished.stderr.startswith("mathpal: error: 6 broken: files run folders, packages trl")
    assert finished.stderr.count("\n") == 1
    assert TOKEN not in finished.stdout + finished.stderr
    assert PASSWORD not in finished.stdout + finished.stderr
    assert "nothing is broken" not in finished.stdout
    assert sorted(p.name for p in tmp_path.iterdir()) == ["outputs", "packages"]


@pytest.mark.parametrize(
    "arguments", [["model=tiny"], ["machine"], ["--json"], ["outputs/a_run", "data"]]
)
def test_doctor_refuses_what_it_does_not_know(call_main, arguments):
    finished = call_main("doctor", *arguments)
    assert finished.code == 2
    assert f"does not know {arguments[0]}" in finished.stderr
    assert "mathpal doctor data [RUN_DIR]" in finished.stderr


@pytest.mark.parametrize(
    ("served", "state", "text"),
    [
        (_Server, State.OK, "reachable, in"),
        (_InTrouble, State.WARNING, "is in trouble (HTTP 503); do without"),
        (_WantsPassword, State.WARNING, "wants a password"),
    ],
    indirect=["served"],
)
def test_a_server_that_answers_is_told_by_its_answer(served, state, text, direct):
    found = network.reached("hub", served, "do without")
    assert (found.state, found.name) == (state, "hub")
    assert text in str(found)


def test_a_server_that_is_not_there_is_a_warning(direct):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        found = network.reached("hub", f"http://127.0.0.1:{taken.getsockname()[1]}", "do without")
    assert found.state is State.WARNING
    assert "cannot be reached" in found.text
    assert found.remedy == "do without"


def test_a_server_that_says_nothing_is_given_up(direct, monkeypatch):
    monkeypatch.setattr(network, "CONNECT_SECONDS", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        found = network.reached("hub", f"http://127.0.0.1:{silent.getsockname()[1]}", "do without")
    assert found.state is State.WARNING


def test_an_address_that_is_none_is_a_warning(direct):
    assert network.reached("hub", "no-such-scheme", "do without").state is State.WARNING


GPU = {"name": "NVIDIA T4", "capability": "7.5", "memory_bytes": 16e9, "free_bytes": 15e9}
TORCH = {"version": "2.13.0", "built_for": "CUDA 12.6", "why": "", "gpus": []}
NONE = ("", False)
DRIVER = ("NVIDIA T4, 550.54", True)
OLD = "The NVIDIA driver on your system is too old"


@pytest.mark.parametrize(
    ("torch", "driver", "has_files", "environ", "expected"),
    [
        (TORCH, NONE, False, {}, [("note", "none: runs use the CPU")]),
        (None, NONE, False, {}, [("note", "none")]),
        (None, NONE, True, {}, [("warning", "torch cannot be imported")]),
        (
            TORCH | {"built_for": None},
            NONE,
            True,
            {},
            [("warning", "install a CUDA build of torch")],
        ),
        (TORCH, NONE, True, {"CUDA_VISIBLE_DEVICES": ""}, [("warning", "unset CUDA_VISIBLE")]),
        (TORCH | {"why": OLD}, DRIVER, True, {}, [("ok", "550.54"), ("warning", OLD)]),
        (
            TORCH | {"gpus": [GPU]},
            DRIVER,
            True,
            {},
            [("ok", "550.54"), ("ok", "capability 7.5, 16 GB, 15 GB free, no bfloat16, torch for")],
        ),
        (
            TORCH | {"gpus": [GPU | {"capability": "9.0", "free_bytes": 1e9}]},
            NONE,
            True,
            {},
            [("warning", "1.0 GB free, bfloat16, torch for CUDA 12.6; another program")],
        ),
        (
            TORCH | {"gpus": [GPU | {"error": "no kernel image is available"}]},
            NONE,
            True,
            {},
            [("broken", "no kernel image is available; set hardware=cpu")],
        ),
        (
            TORCH,
            ("nvidia-smi: Driver/library version mismatch", False),
            False,
            {},
            [("warning", "mismatch; restart the machine"), ("warning", "cannot use it")],
        ),
    ],
)
def test_gpus_are_told_with_the_reason_why_torch_has_none(
    torch, driver, has_files, environ, expected
):
    found = list(gpus.findings(torch, driver, has_files, environ))
    assert [f.state for f in found] == [state for state, _ in expected]
    for finding, (_, text) in zip(found, expected, strict=True):
        assert text in str(finding)


CGROUP_2 = {
    "pod/cpu.max": "150000 100000",
    "pod/memory.max": "4000000000",
    "pod/memory.current": "3000000000",
    "pod/memory.stat": "anon 1\ninactive_file 500000000\n",
    "pod/job/cpu.max": "max 100000",
    "pod/job/memory.max": "max",
}
CGROUP_1 = {
    "cpu,cpuacct/cpu.cfs_quota_us": "50000",
    "cpu,cpuacct/cpu.cfs_period_us": "100000",
    "memory/memory.limit_in_bytes": "2000000000",
    "memory/memory.usage_in_bytes": "500000000",
    "memory/memory.stat": "cache 0\ntotal_inactive_file 100000000\n",
}
NO_LIMIT_1 = {
    "cpu,cpuacct/cpu.cfs_quota_us": "-1",
    "cpu,cpuacct/cpu.cfs_period_us": "100000",
    "memory/memory.limit_in_bytes": "9223372036854771712",
}


@pytest.mark.parametrize(
    ("groups", "own", "expected"),
    [
        (CGROUP_2, "0::/pod/job", (1.5, 4_000_000_000, 1_500_000_000)),
        (CGROUP_2, "0::/", (None, None, None)),
        (
            CGROUP_1,
            "4:memory:/docker/abc\n3:cpu,cpuacct:/docker/abc\n2:pids:/docker/abc",
            (0.5, 2_000_000_000, 1_600_000_000),
        ),
        (NO_LIMIT_1, "4:memory:/\n3:cpu,cpuacct:/", (None, None, None)),
        ({}, None, (None, None, None)),
    ],
)
def test_limits_of_control_groups_are_the_tightest_above(tmp_path, groups, own, expected):
    for name, text in groups.items():
        path = tmp_path / "cgroup" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n")
    if own is not None:
        (tmp_path / "own").write_text(own + "\n")
    assert limits.read(tmp_path / "cgroup", tmp_path / "own") == limits.Limits(*expected)


def test_the_tiny_model_in_the_package_is_whole():
    assert files.tiny_model(Path(locate(TINY))).state is State.OK


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("config.json", b"{", "config.json is damaged"),
        ("tokenizer.json", None, "tokenizer.json: No such file"),
        ("model.safetensors", None, "model.safetensors: No such file"),
        ("model.safetensors", b"version https://git-lfs.github.com/spec/v1\n", "is damaged"),
        ("model.safetensors", b"", "is damaged"),
    ],
)
def test_a_damaged_tiny_model_is_broken(tmp_path, name, content, text):
    for path in Path(locate(TINY)).glob("*.*"):
        if path.name != name:
            (tmp_path / path.name).symlink_to(path)
        elif content is not None:
            (tmp_path / name).write_bytes(content)
    found = files.tiny_model(tmp_path)
    assert found.state is State.BROKEN
    assert text in found.text
    assert "install mathpal anew" in found.remedy


def test_weights_cut_short_are_not_whole():
    weights = (Path(locate(TINY)) / "model.safetensors").read_bytes()
    assert files.is_whole(weights)
    assert not files.is_whole(weights[:-1])


def test_trying_whether_a_folder_can_be_written_leaves_nothing(tmp_path):
    found = files.writable("runs", tmp_path / "a" / "b", "set output_dir=FOLDER", needed=True)
    assert found.state is State.OK
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_no_one_can_write_is_broken():
    found = files.writable("runs", Path("/proc/1/runs"), "set output_dir=FOLDER", needed=True)
    assert (found.state, found.remedy) == (State.BROKEN, "set output_dir=FOLDER")


def test_conflicts_among_what_is_required_are_told(tmp_path, monkeypatch):
    _metadata(tmp_path, "peft", "0.20.0", "rich>99", "trl>=1; extra == 'all'", "no-such-package")
    monkeypatch.syspath_prepend(tmp_path)
    found = {str(f) for f in packages.findings() if f.name == "peft"}
    assert found == {
        f"wants rich>99: {packages.installed('rich')} is installed, >99 is required; "
        "pip install 'rich>99'",
        "wants no-such-package: not installed; pip install 'no-such-package'",
    }


def test_an_installation_cut_short_is_not_installed(tmp_path, monkeypatch):
    (tmp_path / "peft-0.20.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    found = [f for f in packages.findings() if f.name == "peft"]
    assert [(f.state, f.text) for f in found] == [(State.BROKEN, "not installed")]


def test_a_missing_extra_is_a_note_with_its_command():
    found = {f.name: f for f in packages.findings()}
    for extra, needed in packages.extras().items():
        there = [packages.installed(r.name) is not None for r in needed]
        if not any(there):
            assert found[extra].state is State.NOTE
            assert found[extra].remedy == f"pip install 'mathpal[{extra}]'"


def test_the_caches_are_measured_by_part(tmp_path, monkeypatch):
    for name, num_bytes in (("data", 10_000), ("smollm2-v1", 300_000)):
        (tmp_path / name / "deep").mkdir(parents=True)
        (tmp_path / name / "deep" / "file").write_bytes(b"1" * num_bytes)
    monkeypatch.setenv("MATHPAL_CACHE", str(tmp_path))
    found = {f.name: f for f in caches.findings()}
    assert found["mathpal data"].state is State.OK
    assert found["mathpal smollm2-v1"].state is State.NOTE
    assert "no longer used" in found["mathpal smollm2-v1"].text
    assert found["mathpal smollm2-v1"].remedy == f"frees it: rm -r {tmp_path / 'smollm2-v1'}"
    num_bytes, whole = caches.bytes_in(tmp_path)
    assert 310_000 <= num_bytes < 400_000
    assert whole
    assert caches.bytes_in(tmp_path, seconds=-1.0)[1] is False


def test_a_file_that_is_linked_to_is_counted_once(tmp_path):
    (tmp_path / "blob").write_bytes(b"1" * 1_000_000)
    (tmp_path / "snapshot").symlink_to(tmp_path / "blob")
    assert caches.bytes_in(tmp_path)[0] < 1_500_000


def test_a_process_that_hangs_is_told_with_what_it_told_before():
    answer = child.ask("timeit", ["-n", "1", "import time; time.sleep(60)"], seconds=0.5)
    assert answer == child.Answer([], "no answer within 0.5 s")


def test_a_disk_is_told_with_its_room(tmp_path):
    found = machine.room(tmp_path / "not" / "there", "outputs", "set it", needed=True)
    assert found.text.endswith(f"free in {tmp_path}")


def test_a_terminal_gets_a_table_without_secrets(monkeypatch):
    monkeypatch.setenv("MY_API_KEY", PASSWORD)
    findings = [Finding("hub", State.BROKEN, f"said {PASSWORD} [bold]", "wait")]
    console = Console(width=60, force_terminal=False)
    with console.capture() as capture:
        for renderable in renderables("network", findings, live=True):
            console.print(renderable)
    shown = capture.get()
    assert [line.split() for line in shown.splitlines()] == [
        ["network"],
        ["broken", "hub", "said", "***", "[bold];", "wait"],
    ]


def test_nothing_heavy_is_imported_by_the_package():
    code = "import sys, mathpal.doctor.imports, mathpal.doctor.network, mathpal.doctor.files\n"
    code += "print([m for m in ('torch', 'transformers', 'datasets', 'numpy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
