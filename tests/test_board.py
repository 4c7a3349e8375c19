"""What people see of a sweep: a table that fits, the best that is best, lines in a pipe."""

import io
import math
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from rich.console import Console

from mathpal.screen import Screen
from mathpal.sweeps.board import Board

POINT = {"lora": "r8", "trainer.learning_rate": 0.00019283746}


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Sweep:
    """A board, and what it has written."""

    def __init__(
        self,
        *,
        live: bool = False,
        width: int = 100,
        height: int = 30,
        objectives: Sequence[str] = ("eval_loss",),
        directions: Sequence[str] = ("minimize",),
        total: int | None = 20,
        num_slots: int = 2,
        terminal: bool | None = None,
    ) -> None:
        self.file = io.StringIO()
        self.console = Console(
            file=self.file,
            force_terminal=live if terminal is None else terminal,
            width=width,
            height=height,
            highlight=False,
            emoji=False,
            _environ={"TERM": "xterm"},
        )
        self.clock = Clock()
        screen = Screen(self.console)
        self.board = Board(
            "tune", objectives, directions, total, num_slots, screen, self.clock, live=live
        )

    @property
    def lines(self) -> list[str]:
        """Everything written so far."""
        return plain(self.file.getvalue())

    def table(self) -> list[str]:
        """What the table shows now."""
        with self.console.capture() as shown:
            self.console.print(self.board)
        return [line.rstrip() for line in plain(shown.get())]

    def run(self, number: int, *values: float, state: str = "complete") -> None:
        """Run a trial of 10 seconds from its start to its end."""
        self.board.started(number, POINT)
        self.board.finished(number, state, values or None, 10.0, None)


def plain(text: str) -> list[str]:
    """Return the lines of a text without colours and movements of the cursor."""
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text).splitlines()


def rows(table: Sequence[str]) -> Iterator[list[str]]:
    """Yield the trial and the state of each row."""
    start = next(place for place, line in enumerate(table) if line.startswith("trial"))
    return (line.split()[:2] for line in table[start + 1 :] if line[0].isdigit())


def test_a_pipe_gets_a_line_at_the_start_and_one_a_finished_trial() -> None:
    sweep = Sweep()
    with sweep.board:
        sweep.board.started(0, POINT)
        sweep.board.progress(0, 5, 20, 0.9)
        sweep.board.finished(0, "complete", [0.5], 12.3, None)
    assert sweep.lines == [
        "sweep tune: 20 trials, 2 at a time, minimize eval_loss",
        "trial 0: complete, eval_loss 0.5000, best so far; lora=r8 learning_rate=0.0001928; "
        "12.3 s; 1 of 20 done, about 1 min 57 s left",
    ]


@pytest.mark.parametrize(
    ("state", "values", "reason", "line"),
    [
        ("pruned", [0.7], None, "trial 0: pruned, eval_loss 0.7000 (last value); "),
        ("pruned", None, None, "trial 0: pruned, eval_loss 0.9000 (last value); "),
        (
            "pruned",
            None,
            "at step 5 of 20, eval_loss 0.9",
            "trial 0: pruned, at step 5 of 20, eval_loss 0.9; lora=r8 ",
        ),
        ("failed", None, "out of\n memory", "trial 0: failed, out of memory, eval_loss 0.9000 "),
        ("killed", None, "signal 9", "trial 0: killed, signal 9, eval_loss 0.9000 (last value); "),
        ("interrupted", None, None, "trial 0: interrupted, eval_loss 0.9000 (last value); "),
        ("complete", [math.nan], None, "trial 0: complete, eval_loss nan; lora=r8 "),
        ("complete", None, None, "trial 0: complete; lora=r8 "),
    ],
)
def test_a_line_tells_how_a_trial_ended(
    state: str, values: list[float] | None, reason: str | None, line: str
) -> None:
    sweep = Sweep()
    with sweep.board:
        sweep.board.started(0, POINT)
        sweep.board.progress(0, 5, 20, 0.9)
        sweep.board.finished(0, state, values, 1.0, reason)
    assert sweep.lines[-1].startswith(line)


def test_earlier_trials_are_counted_and_not_printed() -> None:
    sweep = Sweep()
    sweep.board.earlier(0, POINT, "complete", [0.4], 10.0)
    with sweep.board:
        sweep.run(1, 0.5)
    sweep.board.summary(Path("multirun"), [])
    assert sweep.lines[0].startswith("sweep tune: 20 trials, 1 finished earlier, ")
    assert "2 of 20 done" in sweep.lines[1]
    assert "best so far" not in sweep.lines[1]
    assert sweep.lines[2:4] == [
        "sweep  tune, 2 trials: 2 complete (1 of other launches)",
        "best   trial 0: eval_loss 0.4000; lora=r8 learning_rate=0.0001928; 10.0 s",
    ]


def test_the_table_shows_the_running_then_the_best_then_the_newest() -> None:
    sweep = Sweep()
    for number, value in enumerate([0.6, 0.3, 0.5]):
        sweep.run(number, value)
    sweep.run(3, 0.2, state="pruned")
    sweep.board.started(4, POINT)
    assert list(rows(sweep.table())) == [
        ["4", "running"],
        ["1", "best"],
        ["3", "pruned"],
        ["2", "complete"],
        ["0", "complete"],
    ]


def test_a_row_holds_the_newest_step_and_the_time_so_far() -> None:
    sweep = Sweep()
    sweep.board.started(0, POINT)
    sweep.board.progress(0, 12, 20, 0.75)
    sweep.board.progress(0, 13, 20, None)
    sweep.clock.now += 65
    assert sweep.table() == [
        "tune  0 of 20 done, 1 running",
        "trial  state    eval_loss  lora  learning_rate  time       step",
        "0      running  0.7500     r8    0.0001928      1 min 5 s  13/20",
    ]


def test_a_report_that_comes_after_the_end_changes_nothing() -> None:
    sweep = Sweep()
    sweep.run(0, 0.5)
    before = sweep.table()
    sweep.board.progress(0, 19, 20, 0.1)
    assert sweep.table() == before


@pytest.mark.parametrize("live", [False, True])
def test_a_trial_that_another_launch_took_over_is_not_counted(live: bool) -> None:
    sweep = Sweep(live=live)
    with sweep.board:
        sweep.run(0, 0.5)
        sweep.board.started(1, POINT)
        sweep.board.lost(1)
        sweep.board.progress(1, 19, 20, 0.1)
    assert list(rows(sweep.table())) == [["0", "best"]]
    sweep.board.summary(Path("multirun"), [])
    told = [line.rstrip() for line in sweep.lines if line.startswith("trial 1:")]
    assert told == ["trial 1: another launch took it up before it ended here"]
    assert "sweep  tune, 1 trial: 1 complete" in sweep.lines


def test_a_trial_that_was_taken_over_is_counted_where_it_ended() -> None:
    sweep = Sweep()
    sweep.board.started(0, POINT)
    sweep.board.lost(0)
    sweep.board.earlier(0, POINT, "complete", [0.5], 10.0)
    sweep.board.summary(Path("multirun"), [])
    assert "sweep  tune, 1 trial: 1 complete (1 of other launches)" in sweep.lines


def test_the_best_of_equals_is_the_first_by_number_as_in_the_report() -> None:
    sweep = Sweep()
    for number in (1, 0, 2):
        sweep.run(number, 0.5)
    sweep.board.summary(Path("multirun"), [])
    assert any(line.startswith("best   trial 0: ") for line in sweep.lines)


def test_equals_share_the_front() -> None:
    sweep = Sweep(objectives=["a", "b"], directions=["minimize", "minimize"])
    for number in range(2):
        sweep.run(number, 1, 2)
    assert [state for _, state in rows(sweep.table())] == ["front", "front"]


def test_a_trial_that_fails_before_it_starts_is_shown() -> None:
    sweep = Sweep()
    sweep.board.finished(0, "failed", None, 0.0, "no such group")
    assert list(rows(sweep.table())) == [["0", "failed"]]


@pytest.mark.parametrize(
    ("directions", "values", "best"),
    [
        (["minimize"], [[0.5], [0.3], [0.4]], ["1"]),
        (["maximize"], [[0.5], [0.3], [0.4]], ["0"]),
        (["minimize"], [[0.5], [math.nan], [-math.inf]], ["0"]),
        (["maximize"], [[math.inf], [0.3], [0.3]], ["1"]),
        (["minimize"], [[math.nan], [], []], []),
        (["minimize", "maximize"], [[1, 1], [2, 2], [2, 1], [0, 0]], ["3", "1", "0"]),
        (["minimize", "minimize"], [[3, 3], [1, 3], [3, 1], [1, 1]], ["3"]),
        (["minimize", "minimize"], [[1, math.nan], [5, 5]], ["1"]),
    ],
)
def test_the_best_goes_by_direction_and_is_a_number(
    directions: list[str], values: list[list[float]], best: list[str]
) -> None:
    sweep = Sweep(objectives=["a", "b"][: len(directions)], directions=directions)
    for number, found in enumerate(values):
        sweep.run(number, *found)
    word = "best" if len(directions) == 1 else "front"
    assert [number for number, state in rows(sweep.table()) if state == word] == best


def test_several_objectives_have_a_front() -> None:
    sweep = Sweep(
        objectives=["eval_loss", "eval_accuracy"], directions=["minimize", "maximize"], total=None
    )
    for number, found in enumerate([(0.5, 0.25), (0.7, 0.5), (0.8, 0.125)]):
        sweep.run(number, *found)
    sweep.board.summary(Path("multirun"), ["one", "two"])
    assert sweep.table()[:2] == [
        "tune  3 done",
        "best eval_loss 0.5000 (trial 0, minimize), eval_accuracy 50.0% (trial 1, maximize); "
        "2 in the front",
    ]
    assert sweep.lines[3:] == [
        "sweep  tune, 3 trials: 3 complete",
        "front  trial 0: eval_loss 0.5000, eval_accuracy 25.0%; "
        "lora=r8 learning_rate=0.0001928; 10.0 s",
        "       trial 1: eval_loss 0.7000, eval_accuracy 50.0%; "
        "lora=r8 learning_rate=0.0001928; 10.0 s",
        "time   0.00 s",
        "folder multirun",
        "next   one",
        "       two",
    ]


def test_the_header_counts_every_state() -> None:
    sweep = Sweep()
    for number, state in enumerate(["pruned", "failed", "killed", "interrupted", "complete"]):
        sweep.run(number, 0.5, state=state)
    sweep.board.started(5, POINT)
    header = sweep.table()[0]
    assert header.startswith(
        "tune  2 of 20 done, 1 running, 1 failed, 1 killed, 1 interrupted, about "
    )


@pytest.mark.parametrize(
    ("total", "num_slots", "finished", "running", "passed", "left"),
    [
        (20, 2, 0, 2, 5, None),
        (None, 2, 3, 1, 5, None),
        (3, 2, 3, 0, 0, None),
        (4, 1, 1, 1, 5, "25.0 s"),
        (4, 2, 2, 2, 5, "5.0 s"),
        (4, 2, 2, 2, 60, None),
        (4, 4, 3, 0, 0, "10.0 s"),
        (50, 2, 2, 0, 0, "4 min 0 s"),
    ],
)
def test_the_time_left_follows_from_the_mean_trial_and_the_slots(
    total: int | None, num_slots: int, finished: int, running: int, passed: float, left: str | None
) -> None:
    sweep = Sweep(total=total, num_slots=num_slots)
    for number in range(finished):
        sweep.run(number, 0.5)
    for number in range(finished, finished + running):
        sweep.board.started(number, POINT)
    sweep.clock.now += passed
    found = re.search(r"about (.*) left", sweep.table()[0])
    assert (found and found[1]) == left


def test_trials_of_earlier_launches_say_nothing_of_the_time_left() -> None:
    sweep = Sweep()
    sweep.board.earlier(0, POINT, "complete", [0.5], 3600.0)
    assert "left" not in sweep.table()[0]
    sweep.run(1, 0.5)
    assert sweep.table()[0].endswith("about 1 min 30 s left")


@pytest.mark.parametrize("height", [1, 2, 3, 4, 5])
def test_a_single_trial_fits_the_terminal(height: int) -> None:
    sweep = Sweep(height=height)
    sweep.board.started(0, POINT)
    assert len(sweep.table()) <= max(1, height - 1)


@pytest.mark.parametrize("height", [1, 2, 3, 4, 5, 6, 7, 8, 12, 24, 40])
@pytest.mark.parametrize("width", [20, 60, 80, 200])
def test_the_table_fits_the_terminal(width: int, height: int) -> None:
    sweep = Sweep(width=width, height=height, total=40)
    long = {f"trainer.some_long_parameter_{i}": "a value of some length" for i in range(6)}
    for number in range(30):
        sweep.board.started(number, POINT | long)
        if number > 2:
            sweep.board.finished(number, "complete", [number / 10], 100.0, None)
    table = sweep.table()
    assert len(table) <= max(1, height - 1)
    assert max(map(len, table)) <= width
    hidden = 30 - len([line for line in table if line[:1].isdigit()])
    if width > 60 and height > 4 and hidden:
        assert f"... and {hidden} more" in table[-1]


def test_every_trial_is_shown_where_all_fit() -> None:
    sweep = Sweep(height=10)
    for number in range(6):
        sweep.run(number, 0.5)
    assert len(list(rows(sweep.table()))) == 6
    sweep.run(6, 0.5)
    assert sweep.table()[-1] == "... and 2 more"


def test_parameters_without_room_are_named() -> None:
    sweep = Sweep(width=60)
    sweep.board.started(0, {"lora": "r8", "trainer.learning_rate": 1e-4, "data.rows": 3200})
    table = sweep.table()
    assert table[1] == "trial  state    eval_loss  lora  learning_rate  time    step"
    assert table[-1] == "no room for rows"


def test_parameters_go_by_their_last_part_unless_two_share_it() -> None:
    sweep = Sweep()
    sweep.board.started(0, {"model.name": "a", "trainer.beta": 0.25})
    sweep.board.started(1, {"data.name": "b"})
    table = sweep.table()
    assert table[1].split()[3:6] == ["model.name", "beta", "data.name"]
    assert table[2].split()[2:4] == ["a", "0.25"]
    assert table[3].split()[2:3] == ["b"]


@pytest.mark.parametrize("live", [False, True])
def test_markup_and_control_characters_are_shown_as_text(live: bool) -> None:
    sweep = Sweep(live=live)
    with sweep.board:
        sweep.board.started(0, {"[bold]key": "[red]a[/]\x1b[2J :100:"})
        sweep.board.finished(0, "failed", None, 1.0, "[/oops]\x1b[2J")
        sweep.board.note("[/] a note")
    sweep.board.summary(Path("[b]"), ["train '[x]'"])
    text = "\n".join(sweep.lines)
    shown = [
        "[bold]key",
        "[red]a[/] [2J :100:",
        "failed, [/oops] [2J",
        "[/] a note",
        "[b]",
        "'[x]'",
    ]
    assert [part for part in shown if part not in text] == []
    assert "\x1b[2J" not in sweep.file.getvalue()


def test_a_terminal_gets_the_table_and_lines_only_for_what_went_wrong() -> None:
    sweep = Sweep(live=True)
    with sweep.board:
        sweep.run(0, 0.5)
        sweep.run(1, 0.7, state="pruned")
        sweep.board.started(2, POINT)
        sweep.board.finished(2, "failed", None, 1.0, "out of memory")
    starts = {line.split(":")[0] for line in sweep.lines if re.match(r"trial \d", line)}
    assert starts == {"trial 2"}
    assert [line.rstrip() for line in sweep.lines[-4:]] == sweep.table()[-4:]


def test_a_terminal_that_trials_draw_on_gets_lines() -> None:
    sweep = Sweep(live=False, terminal=True)
    with sweep.board:
        sweep.run(0, 0.5)
    assert [line.split(":")[0] for line in sweep.lines] == ["sweep tune", "trial 0"]
    assert "\x1b[?25l" not in sweep.file.getvalue()  # the cursor is not hidden


def test_an_exception_leaves_the_last_state_on_the_terminal() -> None:
    sweep = Sweep(live=True)
    with pytest.raises(KeyboardInterrupt), sweep.board:
        sweep.run(0, 0.5)
        sweep.board.started(1, POINT)
        sweep.board.progress(1, 7, 20, 0.625)
        raise KeyboardInterrupt
    text = "\n".join(sweep.lines[-4:])
    assert "running  0.6250" in text
    assert sweep.file.getvalue().endswith("\x1b[?25h")  # the cursor is shown again


def test_the_summary_counts_states_and_the_time_of_this_launch() -> None:
    sweep = Sweep()
    with sweep.board:
        for number, state in enumerate(["failed", "killed", "pruned"]):
            sweep.run(number, state=state)
        sweep.clock.now += 7384
    sweep.clock.now += 1000
    sweep.board.summary(Path.cwd() / "multirun", ["train --help"])
    assert sweep.lines[-5:] == [
        "sweep  tune, 3 trials: 1 pruned, 1 failed, 1 killed",
        "best   none: no trial has completed with a number",
        "time   2 h 3 min",
        "folder multirun",
        "next   train --help",
    ]


def test_headings_are_cut_before_a_parameter_is_left_out() -> None:
    sweep = Sweep(width=59)
    sweep.board.started(0, {"lora": "r8", "trainer.learning_rate": 1e-4})
    assert sweep.table()[1] == "trial  state    eval_loss  lora  learning_ra…  time    step"
