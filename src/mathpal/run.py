"""The story of one experiment, stages in order. Read this first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mathpal import distributed, launch, models, preflight, report
from mathpal.checkpoints import how_to_go_on
from mathpal.compose import freeze
from mathpal.config import Experiment
from mathpal.errors import Interrupted
from mathpal.files import write_json, write_jsonl
from mathpal.preflight.plan import Prepared
from mathpal.quiet import quiet_libraries
from mathpal.record import Record, ending_in_order, peak_memory_bytes, refuse_another_run
from mathpal.screen import Screen


@dataclass(frozen=True)
class Outcome:
    """What a run came to."""

    figures: dict[str, Any]
    """The content of metrics.json; empty for a dry run."""


def run(experiment: Experiment, folder: Path, started: float) -> Outcome:
    """Run an experiment in its folder; `started` is the time.time() of its command.

    Raises: RequestError, Interrupted or MathpalError; run.json says which, whatever happens.
    """
    resumed = experiment.resume is not None
    if not resumed:
        refuse_another_run(folder)
    freeze(experiment, folder / "config.yaml")
    if launch.wants_processes(experiment.hardware) and not experiment.dry_run:
        figures = launch.launch(experiment, folder, started)
        return Outcome(figures)
    screen = Screen()
    with ending_in_order(), Record(folder, started, resumed=resumed) as record:
        with record.stage("start"), screen.working("starting"):
            models.start(experiment)
            quiet_libraries(experiment.debug)
        with record.stage("preflight"), screen.working("checking the plan"):
            prepared = preflight.prepare(experiment)
        write_json(folder / "plan.json", asdict(prepared.plan))
        write_jsonl(folder / "quality.jsonl", prepared.quality.records())
        record.add(seed=experiment.seed, **prepared.facts)
        screen.plan(prepared.plan, whole=experiment.dry_run)
        preflight.require_fit(prepared.plan)
        if experiment.dry_run:
            screen.say("dry run: nothing was trained")
            return Outcome({})
        try:
            figures = _carry_out(experiment, folder, prepared, record, screen)
        except KeyboardInterrupt as error:
            stage = record.facts["stage"]
            raise Interrupted(f"stopped in stage '{stage}'; {how_to_go_on(folder)}") from error
    if distributed.is_main():
        report.write(folder)
    screen.summary(figures, folder)
    return Outcome(figures)


def _carry_out(
    experiment: Experiment, folder: Path, prepared: Prepared, record: Record, screen: Screen
) -> dict[str, Any]:
    from mathpal import export, failures, trackers, tracking, training
    from mathpal.evaluation import AFTER, evaluate, evaluate_base
    from mathpal.evaluation.predictions import accuracy

    tokenizer, rows = prepared.tokenizer, prepared.test_rows
    metrics = tracking.Metrics(folder, screen, record.started, prepared.plan.duration)
    with trackers.tracker(experiment, folder), failures.explained(folder):
        with record.stage("load"), screen.working("loading the model"):
            model = models.load(experiment, prepared)
        with record.stage("base evaluation"):
            before = evaluate_base(model, tokenizer, rows, experiment, folder, screen)
        with record.stage("train"), screen.training():
            trainer = training.build(experiment, prepared, model, folder, metrics)
            training.train(trainer, prepared, metrics, experiment, folder, record.add)
            record.add(forecast=metrics.forecast)
        with record.stage("save"), screen.working("saving"):
            export.save(trainer, experiment, tokenizer, folder)
        with record.stage("evaluation"):
            after = evaluate(model, tokenizer, rows, experiment, folder / AFTER, screen)
        accuracies = {"base_accuracy": accuracy(before), "eval_accuracy": accuracy(after)}
        tracking.log(trainer, accuracies)
        peak, seconds = peak_memory_bytes(), round(record.elapsed(), 3)
        trained = round(record.facts["seconds"]["train"] - metrics.probe_seconds, 3)
        figures = {**metrics.figures, **accuracies, "peak_memory_bytes": peak}
        figures |= {"seconds_train": trained, "seconds_total": seconds}
        write_json(folder / "metrics.json", figures)
        tracking.plot(experiment, folder)
    screen.evaluation(before, after, experiment.evaluation)
    return figures
