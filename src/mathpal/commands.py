"""What comes before and after a run: `mathpal preview`, `evaluate`, `resume` and the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.markup import escape

from mathpal.compose import compose, thaw
from mathpal.config import EvaluationConfig, Experiment
from mathpal.errors import MathpalError, RequestError
from mathpal.files import write_json
from mathpal.overrides import Request
from mathpal.screen import Screen

PREVIEW_ROWS = 3


def preview(arguments: Sequence[str], started: float) -> None:
    """Show rows as the model will see them; `mathpal preview [RUN_DIR] [rows=N] [key=value]`."""
    from mathpal.models.transformers import load_tokenizer
    from mathpal.preflight import check_inputs, tokenised
    from mathpal.quiet import quiet_libraries

    count = PREVIEW_ROWS
    rest = []
    for argument in arguments:
        if argument.startswith("rows="):
            count = _positive(argument)
        else:
            rest.append(argument)
    experiment = _experiment("preview", rest)
    check_inputs(experiment)
    quiet_libraries(experiment.debug)
    tokenizer = load_tokenizer(experiment.model)
    found = tokenised.tokenise(experiment, tokenised.read(experiment), tokenizer)
    Screen().preview(found.rows, found.train[:count], found.tokens, tokenizer)


def evaluate(arguments: Sequence[str], started: float) -> None:
    """Answer and score a finished run's held-out rows again; `mathpal evaluate RUN_DIR`."""
    from mathpal import data, report
    from mathpal.evaluation import AFTER, BEFORE, predictions
    from mathpal.evaluation import evaluate as answer
    from mathpal.hardware import choose
    from mathpal.models.transformers import load_tokenizer, load_trained
    from mathpal.preflight import check_inputs
    from mathpal.quiet import quiet_libraries

    if "--against" in arguments:
        _compare(arguments)
        return
    folder, overrides = _run_folder("evaluate", arguments)
    frozen = thaw(folder / "config.yaml", overrides)
    scoring = frozen.evaluation or EvaluationConfig()
    # However it was trained, one process of plain transformers and PEFT reads what it saved.
    alone = replace(frozen.hardware, num_processes=1, num_nodes=1, fsdp=None, deepspeed=None)
    experiment = replace(
        frozen, resume=None, evaluation=scoring, backend="transformers", hardware=alone
    )
    check_inputs(experiment)
    quiet_libraries(experiment.debug)
    screen = Screen()
    rows = data.load(experiment.data).test
    if not rows and not scoring.bench:
        raise RequestError(f"{folder}: this run held out no rows; set data.test_rows")
    tokenizer = load_tokenizer(experiment.model)
    device = choose(experiment.hardware, num_parameters=0)
    with screen.working("loading the model"):
        model = load_trained(experiment.model, folder, device, tokenizer, experiment.trainer.head)
    own = thaw(folder / "config.yaml").evaluation
    if scoring.bench and (own is None or own.bench != scoring.bench):
        path = folder / f"{scoring.bench}.jsonl"  # beside the run's own answers
        screen.evaluation([], answer(model, tokenizer, rows, experiment, path, screen), scoring)
        screen.say(f"[bold]answers[/] {escape(str(path))}")
        return
    after = answer(model, tokenizer, rows, experiment, folder / AFTER, screen)
    asked = {prediction.question for prediction in after}
    before = [p for p in predictions.read(folder / BEFORE) if p.question in asked]
    screen.evaluation(before, after, scoring)
    figures = {
        "base_accuracy": predictions.accuracy(before),
        "eval_accuracy": predictions.accuracy(after),
    }
    write_json(folder / "metrics.json", _metrics(folder) | figures)
    report.write(folder)
    screen.say(f"[bold]answers[/] {escape(str(folder / AFTER))}")
    screen.accuracies(figures)


def _compare(arguments: Sequence[str]) -> None:
    """Tell whether two finished runs' answers differ; `mathpal evaluate RUN_A --against RUN_B`."""
    from mathpal.evaluation.compare import compare_runs, renderables

    at = arguments.index("--against")
    if len(arguments) != 3 or at != 1:
        raise RequestError("two run folders are wanted: mathpal evaluate RUN_A --against RUN_B")
    one, other = (_run_folder("evaluate", [arguments[i]])[0] for i in (0, 2))
    screen = Screen()
    for line in renderables(compare_runs(one, other), (one, other)):
        screen.say(line)


def report(arguments: Sequence[str], started: float) -> None:
    """Write the report.html of a run or of a sweep anew; `mathpal report RUN_DIR|SWEEP_DIR`."""
    from mathpal import report
    from mathpal.report import sweep
    from mathpal.sweeps.records import SWEEP

    folder, overrides = _run_folder("report", arguments)
    if overrides:
        raise RequestError(f"mathpal report takes a folder alone, not {overrides[0]}")
    write = sweep.write if (folder / SWEEP).is_file() else report.write
    Screen().say(f"[bold]report[/] {escape(str(write(folder)))}")


def fit(arguments: Sequence[str], started: float) -> None:
    """Tabulate models against GPUs; `mathpal fit [model=NAME] [key=value ...]`."""
    from mathpal.fit import fit

    fit(arguments, started)


def doctor(arguments: Sequence[str], started: float) -> None:
    """Tell what a run would fail at here, or what a tokenizer does to the rows' text.

    `mathpal doctor` looks at the machine; `mathpal doctor data [RUN_DIR] [key=value]` at rows.
    """
    if not arguments:
        _examine()
    elif arguments[0] == "data":
        _examine_data(arguments[1:])
    else:
        raise RequestError(
            f"mathpal doctor does not know {arguments[0]}: mathpal doctor looks at the machine, "
            "mathpal doctor data [RUN_DIR] [key=value] at what a tokenizer does to the rows"
        )


def _examine() -> None:
    """Show the state of this machine.

    Raises: MathpalError where a run without arguments would fail.
    """
    from mathpal.doctor import examine, renderables
    from mathpal.doctor.finding import State

    screen = Screen()
    broken = []
    with screen.working("looking at the machine, the packages and the network") as tell:
        for section, findings in examine(tell):
            for line in renderables(section, findings, live=screen.is_live):
                screen.say(line)
            broken += [f"{section} {f.name}" for f in findings if f.state is State.BROKEN]
    if broken:
        raise MathpalError(f"{len(broken)} broken: {', '.join(broken)}; see what to do above")
    screen.say("[bold green]nothing is broken[/]: train works here")


def _examine_data(arguments: Sequence[str]) -> None:
    """Show what a tokenizer does to the rows' text."""
    from mathpal.data.tokens import renderables, report
    from mathpal.models.transformers import load_tokenizer
    from mathpal.preflight import check_inputs, tokenised
    from mathpal.quiet import quiet_libraries

    experiment = _experiment("doctor data", arguments)
    check_inputs(experiment)
    quiet_libraries(experiment.debug)
    rows, tokenizer = tokenised.read(experiment), load_tokenizer(experiment.model)
    if experiment.data.cut == "drop":
        rows = tokenised.tokenise(experiment, rows, tokenizer).rows
    texts = [text for row in rows.train for text in row.texts]
    screen = Screen()
    screen.say(f"[bold]model[/] {escape(experiment.model.name)}")
    screen.say(f"[bold]data[/]  {escape(rows.note)}")
    if rows.quality.findings:
        screen.say(f"[bold]rows[/]  {escape(str(rows.quality))}")
    found = report(tokenizer, texts)
    for table in renderables(found, live=screen.is_live):
        screen.say(table)


def grade(arguments: Sequence[str], started: float) -> None:
    """Judge the answers of a file; `mathpal grade FILE.jsonl`."""
    from mathpal.evaluation.files import grade_file
    from mathpal.evaluation.statistics import wilson

    if len(arguments) != 1 or arguments[0].startswith("-"):
        raise RequestError("one file is wanted: mathpal grade FILE.jsonl")
    graded = grade_file(Path(arguments[0]).expanduser())
    screen = Screen()
    if num := graded.num_right + graded.num_wrong:
        interval = wilson(graded.num_right, num)
        screen.say(
            f"[bold]accuracy[/]   [bold green]{graded.num_right / num:.1%}[/] of {num:,} answers "
            f"(95% interval {interval.low:.1%} to {interval.high:.1%})"
        )
    unread, ungraded = graded.num_unreadable, graded.num_ungradable
    screen.say(f"[bold]unreadable[/] {unread:,} (no answer in the prediction: wrong)")
    screen.say(f"[bold]ungradable[/] {ungraded:,} (no answer in the reference: not counted)")
    screen.say(f"[bold]graded[/]     {escape(str(graded.path))}")


def resume(arguments: Sequence[str], started: float) -> None:
    """Go on with a run from its newest whole checkpoint; `mathpal resume RUN_DIR`."""
    from mathpal import preflight
    from mathpal.record import log_to
    from mathpal.run import run

    folder, overrides = _run_folder("resume", arguments)
    experiment = replace(thaw(folder / "config.yaml", overrides), resume=str(folder))
    preflight.check(experiment)
    log_to(folder / "train.log")
    run(experiment, folder, started)


def _experiment(command: str, arguments: Sequence[str]) -> Experiment:
    """Compose overrides, or thaw a run's config if its folder comes first."""
    if arguments and "=" not in arguments[0]:
        folder, overrides = _run_folder(command, arguments)
        return replace(thaw(folder / "config.yaml", overrides), resume=None)
    return compose(Request(tuple(arguments)))


def _run_folder(command: str, arguments: Sequence[str]) -> tuple[Path, list[str]]:
    flags = [a for a in arguments if a.startswith("-")]
    if flags:
        raise RequestError(f"mathpal {command} has no flag {flags[0]}; it takes RUN_DIR key=value")
    folders = [a for a in arguments if "=" not in a]
    if len(folders) != 1:
        raise RequestError(f"one run folder is wanted: mathpal {command} RUN_DIR [key=value ...]")
    folder = Path(folders[0])
    if not folder.is_dir():
        raise RequestError(f"{folder}: there is no such folder; runs land in outputs/")
    return folder.resolve(), [a for a in arguments if "=" in a]


def _positive(argument: str) -> int:
    value = argument.partition("=")[2]
    if not value.isdecimal() or int(value) < 1:
        raise RequestError(f"{argument}: expected a whole number of at least 1")
    return int(value)


def _metrics(folder: Path) -> dict[str, object]:
    import json

    path = folder / "metrics.json"
    found: dict[str, object] = json.loads(path.read_text()) if path.is_file() else {}
    return found
