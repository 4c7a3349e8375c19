"""A study runs each of its points once, whatever is killed, and whenever."""

import json
import logging
import random
import tempfile
import threading
import warnings
from collections import Counter
from contextlib import nullcontext
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # of SQLAlchemy 1.4, at Optuna 2's import
    import optuna
from optuna.samplers import RandomSampler, TPESampler
from optuna.storages import InMemoryStorage, RDBStorage
from optuna.storages._cached_storage import _CachedStorage
from optuna.trial import TrialState

from mathpal.errors import RequestError
from mathpal.record import redact
from mathpal.sweeps import spaces
from mathpal.sweeps.jobs import COMPLETE, FAILED, INTERRUPTED, KILLED, PRUNED, Ending
from mathpal.sweeps.storage import SharedStorage, open_study
from mathpal.sweeps.study import FOLDER, REASON, RETRY_OF, STATE, Study, parameters_of

pytestmark = pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")

SPACES = {
    "endless": (["lr=tag(log,interval(1e-5,1e-2))", "lora=r4,r8", "drop=range(0,0.35,0.05)"], {}),
    "conditional": (
        ["optimizer=adamw,sgd", "beta=interval(0.9,0.999)", "momentum=interval(0.0,0.9)"],
        {"beta": "optimizer=adamw", "momentum": "optimizer=sgd"},
    ),
    "finite": (["lora=r4,r8,r16", "batch=range(2,9,2)"], {}),
}
SAMPLERS = {
    "random": lambda seed: RandomSampler(seed=seed),
    "tpe": lambda seed: TPESampler(seed=seed, n_startup_trials=3),
    "grid": None,
}


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def space_of(name):
    overrides, conditions = SPACES[name]
    return spaces.read(overrides, lambda group: [], conditions)


class Kill(BaseException):
    """The process is gone."""


class Fuse:
    """Lets some writes through, and none after them."""

    writes_left = None

    def burn(self):
        if self.writes_left is not None:
            if self.writes_left == 0:
                raise Kill
            self.writes_left -= 1


def fused(storage_class, writes):
    """A storage whose process dies at a write; what was written before stays."""

    class Fused(Fuse, storage_class):
        pass

    def guarded(name):
        def write(self, *args, **kwargs):
            self.burn()
            return getattr(super(Fused, self), name)(*args, **kwargs)

        return write

    for name in writes:
        setattr(Fused, name, guarded(name))
    return Fused


WRITES = ("set_trial_param", "set_trial_values", "set_trial_state", "set_trial_user_attr")
FusedMemory = fused(InMemoryStorage, (*WRITES, "create_new_trial", "set_trial_intermediate_value"))
FusedDatabase = fused(
    RDBStorage,
    (*WRITES, "_create_new_trial", "_update_trial", "_check_and_set_param_distribution"),
)


def study_on(storage, space, sampler, *, num_trials=9, suggest=None, **options):
    """The study of a storage, as a new process opens it."""
    options = {
        "objectives": ["eval_loss"],
        "max_retries": 3,
        "seconds_to_live": 60.0,
        "lock": nullcontext,
        "seed": 7,
        "directions": ["minimize"],
        "pruner": optuna.pruners.NopPruner(),
    } | options
    found = optuna.create_study(
        storage=storage,
        study_name="trials",
        load_if_exists=True,
        directions=options.pop("directions"),
        pruner=options.pop("pruner"),
    )
    return Study(found, space, suggest or space.suggest, sampler, num_trials=num_trials, **options)


class World:
    """What happens outside of a study: by its point a run finishes, dies, fails or is pruned."""

    def __init__(self, folder, space, seed, *, is_rough=True):
        self.folder, self.space, self.is_rough = Path(folder), space, is_rough
        self.dice = random.Random(seed)
        self.completed, self.deaths = Counter(), Counter()

    def key(self, parameters):
        return self.space.overrides(parameters)

    def value(self, parameters):
        return random.Random(repr(self.key(parameters))).random()

    def carry_out(self, study, number, parameters):
        """Run a point; its folder tells what it came to, as a worker process leaves it."""
        key, value = self.key(parameters), self.value(parameters)
        fate = int(value * 1e6) % 8 if self.is_rough else 7
        if fate == 0:
            return Ending(number, FAILED, None, "wrong")
        if fate == 1:
            study.report(number, 1, value)
            return Ending(number, PRUNED, None, "too high")
        if fate in (2, 3) and self.deaths[key] < fate - 1:
            self.deaths[key] += 1
            return Ending(number, KILLED, None, "signal 9")
        self.completed[key] += 1
        folder = self.folder / str(number)
        folder.mkdir()
        (folder / "metrics.json").write_text(json.dumps({"eval_loss": value}))
        (folder / "run.json").write_text(json.dumps({"status": "done", "seconds_total": 2.0}))
        return Ending(number, COMPLETE, [value], None, 2.0)

    def launch(self, study, slots):
        """Do what a launch of the sweep does, until the study is over."""
        study.recover(all_running=True)
        running = []
        while True:
            while len(running) < slots and (trial := study.claim()) is not None:
                study.note(trial.number, **{FOLDER: str(self.folder / str(trial.number))})
                running.append(trial)
            if not running:
                return
            trial = running.pop(self.dice.randrange(len(running)))
            study.tell(self.carry_out(study, trial.number, trial.parameters))


def outcome(study, world):
    trials = study.counted()
    assert study.is_over()
    assert len({world.key(parameters_of(t)) for t in trials}) == len(trials)
    return {world.key(parameters_of(t)): (t.user_attrs[STATE], t.values) for t in trials}


def play(open_storage, name, sampler, slots, kills, *, num_trials=9):
    """Run a study whose process is killed after those numbers of writes; return its outcome."""
    space = space_of(name)
    with tempfile.TemporaryDirectory() as folder:
        world = World(folder, space, slots)
        for writes in [*kills, None]:
            storage, fuse = open_storage()
            fuse.writes_left = None
            study = study_on(storage, space, SAMPLERS[sampler], num_trials=num_trials)
            fuse.writes_left = writes
            try:
                world.launch(study, slots)
            except Kill:
                continue
            break
        fuse.writes_left = None
        found = outcome(study, world)
        complete = {key for key, (state, _) in found.items() if state == COMPLETE}
        assert world.completed == dict.fromkeys(complete, 1)
        [best] = study.best()
        return found, world.key(parameters_of(best))


def in_memory():
    storage = FusedMemory()
    return lambda: (storage, storage)


def in_database(cache):
    backend = FusedDatabase("sqlite:///:memory:")
    return lambda: (cache(backend), backend)


CASES = [
    ("endless", "random", 1),
    ("endless", "random", 2),
    ("endless", "tpe", 1),
    ("conditional", "tpe", 1),
    ("conditional", "random", 2),
    ("finite", "random", 2),
    ("finite", "tpe", 1),
    ("finite", "grid", 2),
]


@lru_cache
def untouched(case):
    """What a study comes to that is never killed."""
    return play(in_memory(), *case, [])


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(CASES), st.lists(st.integers(0, 60), max_size=12))
def test_no_kill_loses_a_point_or_runs_it_twice_or_changes_what_follows(case, kills):
    assert play(in_memory(), *case, kills) == untouched(case)


@pytest.mark.parametrize("case", CASES)
def test_no_single_write_is_a_bad_moment_to_be_killed(case):
    step = 20 if case == ("finite", "tpe", 1) else 4  # it asks again and again: slow
    for writes in range(0, 90, step):
        assert play(in_memory(), *case, [writes, 1, 2, 3]) == untouched(case)


@pytest.mark.parametrize("cache", [_CachedStorage, SharedStorage])
@pytest.mark.parametrize("case", [CASES[3], CASES[4]])
def test_kills_between_commits_of_a_database_do_no_harm(cache, case):
    kills = [0, 5, 17, 3, 11, 9, 2, 23]
    assert play(in_database(cache), *case, kills) == untouched(case)


def test_a_trial_that_is_killed_runs_again_max_retries_times_then_has_failed():
    space = space_of("endless")
    study = study_on(InMemoryStorage(), space, SAMPLERS["random"], num_trials=1, max_retries=2)
    states, points = [], []
    while (trial := study.claim()) is not None:
        points.append(trial.parameters)
        states.append(study.tell(Ending(trial.number, KILLED, None, "signal 9")))
    assert states == [KILLED, KILLED, FAILED]
    assert points == points[:1] * 3
    [failed] = study.failed()
    assert failed.user_attrs[REASON] == "signal 9 (3 times)"
    assert [t.user_attrs.get(RETRY_OF) for t in study.trials()] == [None, 0, 1]
    assert study.best() == []


def test_what_failed_runs_again_where_that_is_asked_for():
    space = space_of("endless")
    study = study_on(InMemoryStorage(), space, SAMPLERS["random"], num_trials=2)
    first, second = study.claim(), study.claim()
    study.tell(Ending(first.number, FAILED, None, "out of memory"))
    study.tell(Ending(second.number, COMPLETE, [0.5]))
    assert (study.claim(), len(study.failed())) == (None, 1)
    study.retry_failed()
    again = study.claim()
    assert again.parameters == first.parameters
    assert (study.claim(), study.failed()) == (None, [])
    study.tell(Ending(again.number, FAILED, None, "out of memory"))
    assert [t.number for t in study.counted()] == [second.number, again.number]
    assert [t.number for t in study.failed()] == [again.number]


def test_a_sweep_that_is_stopped_again_and_again_uses_up_no_retries():
    storage, space = InMemoryStorage(), space_of("endless")
    points = []
    for _ in range(5):
        study = study_on(storage, space, SAMPLERS["tpe"], num_trials=2, max_retries=1)
        study.recover(all_running=True)
        points.append([study.claim().parameters, study.claim().parameters])
        assert study.claim() is None
        study.release()
    assert points == points[:1] * 5


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize(
    ("overrides", "num_points"), [(SPACES["finite"][0], 12), (["lora=r4,r8,r4", "x=a,a"], 2)]
)
def test_a_space_without_further_points_ends_the_study(overrides, num_points, sampler):
    space = spaces.read(overrides, lambda group: [])
    storage = InMemoryStorage()
    points = []
    for _ in range(2):
        study = study_on(storage, space, SAMPLERS[sampler], num_trials=99)
        while (trial := study.claim()) is not None:
            points.append(space.overrides(trial.parameters))
            study.tell(Ending(trial.number, COMPLETE, [1.0]))
    assert study.is_over()
    assert len(points) == len(set(points)) == num_points
    num_drawn = len(study.optuna.trials)
    assert study.claim() is None
    assert len(study.optuna.trials) == num_drawn


def test_points_of_a_users_own_parameters_end_too():
    space = spaces.read(["lora=r4,r8"], lambda group: [])

    def suggest(trial):
        space.suggest(trial)
        trial.suggest_int("trainer.num_train_epochs", 1, 2)
        return trial.params

    study = study_on(
        InMemoryStorage(), space, SAMPLERS["random"], num_trials=99, suggest=suggest, seed=1
    )
    points = []
    while (trial := study.claim()) is not None:
        points.append(tuple(sorted(space.overrides(trial.parameters))))
        study.tell(Ending(trial.number, COMPLETE, [1.0]))
    assert len(points) == len(set(points)) == 4


@pytest.mark.parametrize("name", SPACES)
@pytest.mark.parametrize("cache", [_CachedStorage, SharedStorage])
def test_a_point_that_is_queued_keeps_its_values_to_the_last_bit(cache, name):
    open_storage, space = in_database(cache), space_of(name)
    storage, fuse = open_storage()
    first = study_on(storage, space, SAMPLERS["random"], num_trials=1).claim().parameters
    for writes in (1, 2, 3):  # within the drawing of it
        storage, _ = open_storage()
        study = study_on(storage, space, SAMPLERS["random"], num_trials=1)
        study.recover(all_running=True)
        fuse.writes_left = writes
        with pytest.raises(Kill):
            study.claim()
        fuse.writes_left = None
    study = study_on(open_storage()[0], space, SAMPLERS["random"], num_trials=1)
    study.recover(all_running=True)
    again = study.claim().parameters
    assert again == first
    assert list(map(type, again.values())) == list(map(type, first.values()))


@pytest.mark.parametrize(
    ("record", "figures", "state"),
    [
        ({"status": "done", "seconds_total": 4.0}, {"eval_loss": 0.5}, COMPLETE),
        ({"status": "done", "seconds_total": 4.0}, {"eval_loss": float("nan")}, FAILED),
        ({"status": "done", "seconds_total": 4.0}, {"train_loss": 0.5}, KILLED),
        ({"status": "running"}, {"eval_loss": 0.5}, KILLED),
        ({"status": "running"}, None, KILLED),
    ],
)
def test_a_run_that_finished_but_was_not_told_is_told_at_recovery(tmp_path, record, figures, state):
    storage, space = InMemoryStorage(), space_of("endless")
    trial = study_on(storage, space, SAMPLERS["random"], num_trials=1).claim()
    storage.set_trial_user_attr(0, FOLDER, str(tmp_path))
    (tmp_path / "run.json").write_text(json.dumps(record))
    if figures is not None:
        (tmp_path / "metrics.json").write_text(json.dumps(figures))
    study = study_on(storage, space, SAMPLERS["random"], num_trials=1)
    assert [t.number for t in study.recover(all_running=True)] == [trial.number]
    assert study.recover(all_running=True) == []
    assert study.ended()[0].user_attrs[STATE] == state
    again = study.claim()
    assert (again is not None) == (state == KILLED)
    if again is not None:
        assert again.parameters == trial.parameters


def test_reports_of_many_threads_are_kept_while_trials_end_and_begin(tmp_path):
    study = study_on(
        RDBStorage(f"sqlite:///{tmp_path}/study.db"),
        space_of("endless"),
        SAMPLERS["random"],
        num_trials=6,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=1),
    )
    stopped = {}

    def report(number, value):
        stopped[number] = [study.report(number, step, value) for step in range(1, 6)]

    def run(value, threads):
        trial = study.claim()
        threads.append(threading.Thread(target=report, args=(trial.number, value)))
        threads[-1].start()
        return trial.number

    for values in ([0.5, 0.6], [0.1, 0.9], [0.2, 0.8]):
        threads = []
        numbers = [run(value, threads) for value in values]
        for thread in threads:
            thread.join()
        for number, value in zip(numbers, values, strict=True):
            if any(stopped[number]):
                assert study.tell(Ending(number, PRUNED, None, "too high")) == PRUNED
            else:
                assert study.tell(Ending(number, COMPLETE, [value])) == COMPLETE
    assert {n for n, answers in stopped.items() if any(answers)} == {3, 5}
    assert [len(t.intermediate_values) for t in study.ended()] == [5] * 6
    assert study.best()[0].value == 0.1
    assert not study.report(0, 6, 0.5)


def test_the_best_of_several_objectives_is_their_front():
    study = study_on(
        InMemoryStorage(),
        space_of("endless"),
        SAMPLERS["random"],
        num_trials=5,
        objectives=["eval_loss", "accuracy"],
        directions=["minimize", "maximize"],
    )
    for values in ([0.5, 0.7], [0.4, 0.7], [0.6, 0.9], [0.6, 0.8], None):
        trial = study.claim()
        assert not study.report(trial.number, 1, 0.5)
        state = FAILED if values is None else COMPLETE
        study.tell(Ending(trial.number, state, values, None))
    assert study.directions == ["minimize", "maximize"]
    assert [t.values for t in study.best()] == [[0.4, 0.7], [0.6, 0.9]]


@pytest.mark.parametrize(("direction", "best"), [("minimize", 1), ("maximize", 0)])
def test_of_equals_the_first_is_the_best(direction, best):
    study = study_on(
        InMemoryStorage(), space_of("endless"), SAMPLERS["random"], directions=[direction]
    )
    for value in (0.9, 0.2, 0.9, 0.2):
        study.tell(Ending(study.claim().number, COMPLETE, [value]))
    assert [t.number for t in study.best()] == [best]


def open_shared(folder, space, **options):
    url = f"sqlite:///{folder}/shared.db"
    found, lock = open_study(
        folder, url=url, name="trials", directions=["minimize"], pruner=optuna.pruners.NopPruner()
    )
    options = {"num_trials": 3, "seconds_to_live": 0.0, "max_retries": 3, "seed": 7} | options
    return Study(
        found,
        space,
        space.suggest,
        SAMPLERS["random"],
        objectives=["eval_loss"],
        lock=lock,
        **options,
    )


def test_a_launcher_that_was_taken_for_dead_comes_back_and_harms_nothing(tmp_path):
    space = space_of("endless")
    slow, other = open_shared(tmp_path, space), open_shared(tmp_path, space)
    lost = slow.claim()
    slow.beat()
    mine = other.claim()
    assert mine.parameters != lost.parameters
    assert other.recover(all_running=False) == []  # it has to be silent for a while
    assert [t.number for t in other.recover(all_running=False)] == [lost.number]

    slow.beat()
    slow.note(lost.number, **{FOLDER: "elsewhere"})
    assert slow.report(lost.number, 1, 0.5)
    assert slow.tell(Ending(lost.number, COMPLETE, [0.0])) is None

    again = slow.claim()
    assert again.parameters == lost.parameters
    last = other.claim()
    for study, trial in ((slow, again), (other, mine), (other, last)):
        assert study.tell(Ending(trial.number, COMPLETE, [float(trial.number)])) == COMPLETE
    for study in (slow, other):
        assert study.is_over()
        assert study.claim() is None
        assert [(t.number, t.value) for t in study.counted()] == [(1, 1.0), (2, 2.0), (3, 3.0)]


def test_a_launcher_that_gives_signs_is_left_alone(tmp_path):
    space = space_of("endless")
    alive, other = open_shared(tmp_path, space), open_shared(tmp_path, space)
    trial = alive.claim()
    for _ in range(4):
        alive.beat()
        assert other.recover(all_running=False) == []
    assert alive.tell(Ending(trial.number, COMPLETE, [1.0])) == COMPLETE


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://me:secret@host/trials", "postgresql://me:***@host/trials"),
        ("postgresql://me:se/cr@t@host:5432/trials", "postgresql://me:***@host:5432/trials"),
        (
            "postgresql:///trials?user=me&password=secret",
            "postgresql:///trials?user=me&password=***",
        ),
        (
            "mysql://host:3306/trials?password=secret&x=y",
            "mysql://host:3306/trials?password=***&x=y",
        ),
        ("postgresql://me@host:5432/trials", "postgresql://me@host:5432/trials"),
        ("sqlite:////folder/study.db", "sqlite:////folder/study.db"),
    ],
)
def test_passwords_of_urls_are_not_shown(url, shown):
    assert redact(url) == shown


NO_STORAGE = [
    ("postgresql+psycopg2://me:pa/ss@127.0.0.1:1/trials", "Connection refused"),
    ("postgresql+psycopg2://127.0.0.1:1/trials?user=me&password=pa/ss", "Connection refused"),
    ("postgresql://me:pa/ss@127.0.0.1:port/trials", "this is no URL"),
    ("post gres://me:pa/ss@host", "this is no URL"),
    ("oracle://me:pa/ss@host/trials", "choose one of them"),
    ("sqlite://", "choose one of them"),
    ("sqlite:////no/such/folder/study.db", "No such file"),
]


@pytest.mark.parametrize(("url", "reason"), NO_STORAGE)
def test_a_storage_that_cannot_be_opened_is_one_line_without_its_password(tmp_path, url, reason):
    with pytest.raises(RequestError, match=reason) as error:
        open_study(tmp_path / "sweep", url=url, name="trials", directions=["minimize"], pruner=None)
    [line] = error.value.problems
    assert line.startswith(f"hydra.sweeper.storage={redact(url)}: ")
    assert "pa/ss" not in line
    assert "\n" not in line
    assert error.value.__cause__ is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("others", [["maximize"], ["minimize", "minimize"]])
def test_a_study_of_other_objectives_is_refused(tmp_path, others):
    options = {"url": None, "name": "trials", "pruner": None}
    open_study(tmp_path, directions=["minimize"], **options)
    with pytest.raises(RequestError, match=r"study_name=trials: .* other objectives; choose"):
        open_study(tmp_path, directions=others, **options)
    found, _ = open_study(tmp_path, directions=["minimize"], **options)
    assert found.trials == []


def test_braces_in_the_place_of_a_storage_are_no_template(tmp_path):
    folder = tmp_path / "{lora}"
    folder.mkdir()
    open_study(folder, url=None, name="trials", directions=["minimize"], pruner=None)
    assert [p.name for p in folder.iterdir()] == ["study.db"]


def test_what_another_program_ran_in_the_same_study_is_left_as_it_is():
    storage, space = InMemoryStorage(), space_of("finite")
    study = study_on(storage, space, None, num_trials=12)
    study.optuna.add_trial(optuna.trial.create_trial(state=TrialState.COMPLETE, value=-1.0))
    trial = study.claim()
    assert study.tell(Ending(trial.number, INTERRUPTED, None, "stopped")) == KILLED
    again = study.claim()
    assert study.tell(Ending(again.number, COMPLETE, [1.0])) == COMPLETE
    assert study.best()[0].number == again.number
