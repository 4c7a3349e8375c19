"""`mathpal fit`: models against GPUs."""

import io
import subprocess
import sys
from dataclasses import replace

import pytest
from rich.console import Console
from rich.table import Table

from mathpal import fit
from mathpal.compose import compose
from mathpal.errors import RequestError
from mathpal.overrides import Request
from mathpal.preflight import gpus
from mathpal.preflight.memory import GIB

FEW = ("hardware=t4", "evaluation=none")


def rows(*arguments):
    return fit.rows(Request(arguments))


@pytest.fixture(scope="module")
def catalogue():
    """The whole catalogue on the smallest GPU."""
    return rows(*FEW)


def test_the_catalogue_is_listed_but_for_the_model_without_a_name(
    catalogue,
):
    names = [row.model for row in catalogue]
    assert {"tiny", "smollm2", "gemma3n", "llama3_1_8b", "qwen3_8b"} <= set(names)
    assert "hf" not in names


def test_a_model_in_the_catalogue_is_as_if_it_were_named(catalogue):
    (named,) = rows("model=gemma3_270m", *FEW)
    assert named in catalogue


def test_models_come_with_their_own_batches_and_lengths(catalogue):
    sizes = {row.model: (row.batch_size, row.num_tokens) for row in catalogue}
    for name in ("gemma3_270m", "qwen3_8b"):
        model = compose(Request((f"model={name}",))).model
        assert sizes[name] == (model.batch_size, model.max_length)


def test_an_override_counts_for_every_model():
    found = rows(*FEW, "model.batch_size=3", "trainer.max_length=300", "lora=r4")
    assert {(row.batch_size, row.num_tokens) for row in found} == {(3, 300)}


def test_a_small_model_fits_and_a_large_one_needs_a_change(catalogue):
    cells = {row.model: row.cells[0] for row in catalogue}
    assert cells["tiny"].fits and cells["smollm2"].fits
    large = cells["llama3_1_8b"]
    assert not large.fits and large.change is not None
    assert large.change.overrides == ("model.quantization=8bit",)
    assert large.change.num_bytes <= large.budget < large.num_bytes
    assert str(large) == f"{large.num_bytes / GIB:.1f}: 8-bit ({large.change.num_bytes / GIB:.1f})"


def test_every_gpu_is_a_column_and_more_memory_never_hurts():
    (row,) = rows("model=qwen3_1_7b", "evaluation=none")
    assert [cell.gpu for cell in row.cells] == list(gpus.options())
    fits = [cell.fits for cell in row.cells]
    assert fits == sorted(fits)


def test_what_nothing_helps_says_no():
    (row,) = rows("model=llama3_1_8b", "hardware=t4", "trainer.max_length=100000")
    assert row.cells[0].change is None
    assert str(row.cells[0]).endswith(": no")


def test_a_pipe_gets_lines_of_commas(catalogue):
    heading, *lines = map(str, fit.renderables(catalogue, live=False))
    assert heading == "model,batch,tokens,t4 (14.6)"
    assert [line.partition(",")[0] for line in lines] == [row.model for row in catalogue]
    assert {line.count(",") for line in lines} == {3}


def test_a_terminal_gets_a_table(catalogue):
    table, note = fit.renderables(catalogue, live=True)
    assert isinstance(table, Table)
    assert table.row_count == len(catalogue)
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table, note)
    assert "llama3_1_8b" in console.export_text()


def test_the_command_prints(capsys):
    fit.fit(["model=smollm2", *FEW], 0.0)
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.startswith("model,")
    assert line.startswith("smollm2,4,1024,")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["model=qwen3_4"], "Did you mean 'qwen3_4b'"),
        (["trainer.max_lenght=3"], "Did you mean 'trainer.max_length'"),
        (["--all"], "mathpal fit has no flag --all"),
        (["model=hf", "model.name=nobody/knows-it"], "its config.json is not at hand"),
    ],
)
def test_a_wrong_request_is_refused(arguments, problem):
    with pytest.raises(RequestError, match=problem):
        fit.fit(arguments, 0.0)


def test_a_cell_that_fits_is_its_size():
    cell = fit.Cell("l4", 3 * GIB, 22 * GIB)
    assert str(cell) == "3.0"
    assert str(replace(cell, num_bytes=23 * GIB)) == "23.0: no"


@pytest.mark.slow
def test_the_command_is_quick_to_start(run_mathpal):
    """It never imports torch, which alone would take longer."""
    code = (
        "import sys; from mathpal.cli import main; code = main(['fit', 'model=smollm2']); "
        "sys.exit(code or 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == run_mathpal("fit", "model=smollm2").stdout
