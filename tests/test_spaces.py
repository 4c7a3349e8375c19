"""Override texts become a space, and its points become overrides that mean the same."""

import math
import subprocess
import sys

import pytest
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given, settings
from hypothesis import strategies as st

from mathpal.errors import RequestError
from mathpal.sweeps.conditions import Condition
from mathpal.sweeps.parameters import Choice, Interval
from mathpal.sweeps.spaces import Space, read
from mathpal.sweeps.texts import written

PARSER = OverridesParser.create()
OPTIONS = {"lora": ["none", "r16", "r4", "r8"], "seed": ["1", "null"], "empty": []}
OPTIMIZERS = ["optimizer=adamw,lion,sgd", "trainer.adam_beta2=0.99,0.999", "momentum=0.0,0.9"]
WHEN = {"trainer.adam_beta2": "optimizer=adamw,lion", "momentum": "optimizer=sgd"}


def options(group):
    return OPTIONS.get(group, [])


def values(overrides):
    """What Hydra reads from overrides: key -> value."""
    parsed = PARSER.parse_overrides(list(overrides))
    return {override.get_key_element(): override.value() for override in parsed}


def hydras_grid(overrides):
    return BasicSweeper.split_arguments(PARSER.parse_overrides(overrides), None)[0]


def problems(overrides, conditions=None):
    with pytest.raises(RequestError) as error:
        read(overrides, options, conditions or {})
    return error.value.problems


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("a,b", ("a", "b")),
        ("choice(a)", ("a",)),
        ("null,0.1", ("null", "0.1")),
        ("true,False", ("True", "False")),
        ("1,1.0,1e-5", ("1", "1.0", "1e-05")),
        ("choice('a b','c,d')", ("a\\ b", "c\\,d")),
        ("'a b',\"it's\"", ("'a b'", '"it\'s"')),
        ("choice('1','null',x)", ("'1'", "'null'", "x")),
        ("choice([q_proj],[q_proj,v_proj])", ("[q_proj]", "[q_proj,v_proj]")),
        ("choice(['1',a:b],{r: 8, x: [1]})", ("['1',a\\:b]", "{r:8,x:[1]}")),
        ("${a.b},c", ("$\\{a.b\\}", "c")),
        ("'',x", ("''", "x")),
        ("choice('số học',x)", ("'số học'", "x")),
        ("int(1.5,2.5)", ("1", "2")),
        ("str(1,2)", ("'1'", "'2'")),
        ("float(choice(1,2))", ("1.0", "2.0")),
        ("sort(3,1,2)", ("1", "2", "3")),
        ("sort(choice(3,1,2), reverse=true)", ("3", "2", "1")),
        ("tag(mine, choice(1,2))", ("1", "2")),
        ("1,1", ("1", "1")),
    ],
)
def test_choices_keep_the_text_that_reads_back(text, choices):
    assert read([f"key={text}"], options).parameters == {"key": Choice(choices)}


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("interval(0,1)", Interval(0.0, 1.0)),
        ("interval(1,8)", Interval(1.0, 8.0)),
        ("int(interval(1,8))", Interval(1, 8, whole=True)),
        ("tag(log, interval(1e-5,1e-3))", Interval(1e-5, 1e-3, log=True)),
        ("tag(log, int(interval(1,64)))", Interval(1, 64, log=True, whole=True)),
        ("int(tag(log, interval(1,64)))", Interval(1, 64, log=True, whole=True)),
        ("range(1,10,3)", Interval(1, 7, whole=True, step=3)),
        ("range(4)", Interval(0, 3, whole=True, step=1)),
        ("range(10,1,-3)", Interval(4, 10, whole=True, step=-3)),
        ("range(0,1,0.25)", Interval(0.0, 0.75, step=0.25)),
        ("float(range(1,3))", Interval(1.0, 2.0, step=1.0)),
        ("sort(range(10,1,-3))", Interval(4, 10, whole=True, step=3)),
    ],
)
def test_intervals_and_ranges_are_numbers_between_bounds(text, interval):
    space = read([f"key={text}"], options)
    assert space.parameters == {"key": interval}
    assert type(space.parameters["key"].low) is (int if interval.whole else float)


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("range(1,10,3)", ["1", "4", "7"]),
        ("range(1,2)", ["1"]),
        ("range(10,1,-3)", ["10", "7", "4"]),
        ("range(0,1,0.25)", ["0.0", "0.25", "0.5", "0.75"]),
        ("range(1,0,-0.5)", ["1.0", "0.5"]),
        ("float(range(1,3))", ["1.0", "2.0"]),
        ("int(interval(1,4))", ["1", "2", "3", "4"]),
    ],
)
def test_numbers_in_the_grid(text, texts):
    space = read([f"key={text}"], options)
    assert [point["key"] for point in space.grid()] == texts
    assert space.num_points() == len(texts)


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("lora=glob(*)", ("none", "r16", "r4", "r8")),
        ("lora=glob(r*)", ("r16", "r4", "r8")),
        ("lora=glob([r4*,n*])", ("none", "r4")),
        ("lora=glob(*,exclude=r*)", ("none",)),
        ("seed=glob(*)", ("'1'", "'null'")),
    ],
)
def test_glob_takes_the_options_of_the_group(text, choices):
    space = read([text], options)
    assert list(space.parameters.values()) == [Choice(choices)]
    key = text.partition("=")[0]
    points = [values(space.overrides(point))[key] for point in space.grid()]
    assert set(points) <= set(OPTIONS[key])


def test_shuffled_values_are_all_there_and_keep_one_distribution():
    optuna = pytest.importorskip("optuna")
    study = optuna.create_study()
    for text in ("shuffle(a,b,c,d,e,f)", "shuffle(range(0,6))") * 4:
        space = read([f"{text[8]}={text}"], options)
        (choice,) = space.parameters.values()
        assert sorted(choice.choices) == list("abcdef" if "a,b" in text else "012345")
        study.tell(study_trial := study.ask(), len(space.suggest(study_trial)))
    assert len({repr(trial.distributions) for trial in study.trials}) == 2


def test_space_keeps_the_order_and_what_is_fixed():
    space = read(
        ["name=x y", "lora=r8,r16", "~tracking", "hydra.sweep.subdir=a,b", "a@b=1,2"], options
    )
    assert list(space.parameters) == ["lora", "hydra.sweep.subdir", "a@b"]
    assert space.fixed == ("name=x y", "~tracking")
    point = {"a@b": "1", "hydra.sweep.subdir": "b", "lora": "r16"}
    assert space.overrides(point) == (
        *space.fixed,
        "lora=r16",
        "hydra.sweep.subdir=b",
        "a@b=1",
    )


@pytest.mark.parametrize(
    ("overrides", "parameters", "fixed"),
    [
        (["a=1,2", "b=x,y", "a=3,4"], {"a": Choice(("3", "4")), "b": Choice(("x", "y"))}, ()),
        (["a=1,2", "a=3"], {}, ("a=3",)),
        (["a=3", "a=1,2"], {"a": Choice(("1", "2"))}, ()),
        (["a=interval(1,0)", "a=3"], {}, ("a=3",)),
        (["+a=1,2", "+a=5"], {}, ("+a=5",)),
        (["a=1,2", "~a"], {}, ("~a",)),
    ],
)
def test_later_overrides_replace_earlier_ones(overrides, parameters, fixed):
    space = read(overrides, options)
    assert (space.parameters, space.fixed) == (parameters, fixed)
    assert list(space.parameters) == list(parameters)


@pytest.mark.parametrize("plus", ["", "+", "++"])
def test_added_keys_keep_their_plus(plus):
    space = read([f"{plus}key=1,2"], options)
    assert list(space.parameters) == ["key"]
    assert space.overrides({"key": "2"}) == (f"{plus}key=2",)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("interval(0,1)", 0.1, "0.1"),
        ("interval(0,1)", "0.1", "0.1"),
        ("interval(0,1)", 1, "1.0"),
        ("interval(0,1e30)", 1e22, "1e+22"),
        ("int(interval(1,8))", 7.0, "7"),
        ("int(interval(1,8))", "7", "7"),
        ("range(1,10,3)", 4, "4"),
        ("range(0,0.7,0.1)", 0.1 + 0.2, None),
        ("1,2", 2, "2"),
        ("null,0.1", None, "null"),
        ("[a],[b]", ["b"], "[b]"),
    ],
)
def test_values_are_written_as_hydra_reads_them(text, value, expected):
    space = read([f"key={text}"], options)
    expected = space.grid()[3]["key"] if expected is None else expected
    assert space.overrides({"key": value}) == (f"key={expected}",)


def test_numpy_numbers_are_written_as_numbers():
    numpy = pytest.importorskip("numpy")
    space = read(["x=interval(0,1)", "n=int(interval(1,8))"], options)
    point = {"x": numpy.float64(0.5), "n": numpy.int64(3)}
    assert space.overrides(point) == ("x=0.5", "n=3")


def test_further_parameters_are_written_after_those_of_the_space():
    space = read(["name=x", "lora=r4,r8", "+n=1,2"], options)
    further = {"b": "a b", "seed": "1", "x": 1e-5, "warm": None, "on": True}
    point = {**further, "n": "2", "lora": "r8"}
    overrides = space.overrides(point)
    assert overrides == (
        "name=x",
        "lora=r8",
        "+n=2",
        "b=a\\ b",
        "seed='1'",
        "x=1e-05",
        "warm=null",
        "on=True",
    )
    read_back = values(overrides)
    assert {key: read_back[key] for key in further} == further


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ({"n": 3, "x": 0.1}, {"x": 0.1, "n": 3.0}, True),
        ({"n": "3"}, {"n": 3}, True),
        ({"x": 1}, {"x": 1.0}, True),
        ({"x": 0.1}, {"x": 0.1000001}, False),
        ({"r": 0.1 + 0.2}, {"r": 0.3}, True),
        ({"n": 3}, {"n": 3, "x": 0.1}, False),
        ({"c": "1"}, {"c": 1}, True),
        ({"c": "'1'"}, {"c": 1}, False),
        ({"old": 1}, {"old": 1}, True),
        ({"old": 1}, {}, False),
        ({"old": "a b", "n": 3}, {"n": "3", "old": "a b"}, True),
        ({"old": "1"}, {"old": 1}, False),
    ],
)
def test_same_points_are_written_alike(one, other, is_same):
    space = read(
        ["x=interval(0,1)", "n=int(interval(1,8))", "r=range(0,1,0.1)", "c=choice(1,'1')"], options
    )
    assert (space.overrides(one) == space.overrides(other)) is is_same


def test_description_for_the_sweeps_file():
    space = read(
        ["lora=r4,r8", "lr=tag(log, interval(1e-5,1e-3))", "n=range(10,1,-3)"],
        options,
        {"lr": "lora=r8,r4"},
    )
    assert space.describe() == {
        "lora": {"kind": "choice", "choices": ["r4", "r8"]},
        "lr": {"kind": "float", "low": 1e-5, "high": 1e-3, "log": True, "step": None},
        "n": {"kind": "int", "low": 4, "high": 10, "log": False, "step": 3},
    }
    assert space.describe_conditions() == {"lr": "lora=r8,r4"}


@pytest.mark.parametrize(
    ("override", "problem"),
    [
        ("lora", "lora: overrides are written KEY=VALUE"),
        ("=1,2", "=1,2: overrides are written KEY=VALUE"),
        (
            "a=b(c",
            "a=b(c: cannot be read (no viable alternative at input 'b(c'); "
            "put quotes around what is meant as text",
        ),
        (
            "a=choice()",
            "a=choice(): cannot be read (ValueError while evaluating 'choice()': empty choice is "
            "not legal); put quotes around what is meant as text",
        ),
        (
            "a=interval(8,1)",
            "a=interval(8,1): the interval is upside down; write interval(1.0,8.0)",
        ),
        (
            "a=interval(1,1)",
            "a=interval(1,1): the interval is empty; write a=1.0 for one value",
        ),
        (
            "+a=int(interval(1.2,1.8))",
            "+a=int(interval(1.2,1.8)): the interval is empty; write +a=1 for one value",
        ),
        ("a=interval(0,inf)", "a=interval(0,inf): the bounds of an interval are finite numbers"),
        (
            "a=tag(log, interval(0,1))",
            "a=tag(log, interval(0,1)): log needs bounds above 0, not 0.0",
        ),
        (
            "a=tag(lgo, interval(0,1))",
            "a=tag(lgo, interval(0,1)): an interval has no tag 'lgo', only log. "
            "Did you mean 'log'?",
        ),
        (
            "a=tag(log, range(1,9))",
            "a=tag(log, range(1,9)): log needs an interval: tag(log, interval(LOW,HIGH))",
        ),
        ("a=range(0,5,0)", "a=range(0,5,0): the step of a range is not 0"),
        ("a=int(range(0,5,0.5))", "a=int(range(0,5,0.5)): the step of a range is not 0"),
        ("a=range(0,inf)", "a=range(0,inf): a range is made of finite numbers"),
        (f"a=range({10**400})", f"a=range({10**400}): a range is made of finite numbers"),
        (
            "a=range(5,1)",
            "a=range(5,1): the range is empty; it runs from 5 by 1 and stops before 1",
        ),
        (
            "a=range(0,1,1e-9)",
            "a=range(0,1,1e-9): the range has more than 1,000,000 values; take a larger step, "
            "or interval(0,1)",
        ),
        (
            "lora=glob(q*)",
            "lora=glob(q*): nothing of lora matches; its options are none, r16, r4, r8",
        ),
        ("empty=glob(*)", "empty=glob(*): nothing of empty matches; it has no options"),
        (
            "a=choice(1,2),3",
            "a=choice(1,2),3: a sweep stands inside another or inside a value; sweep whole values",
        ),
        (
            "a=[choice(1,2)]",
            "a=[choice(1,2)]: a sweep stands inside another or inside a value; sweep whole values",
        ),
        ("~a=1,2", "~a=1,2: what is taken away cannot be swept; leave out the ~"),
    ],
)
def test_wrong_overrides_say_what_is_wrong(override, problem):
    assert problems([override]) == [problem]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (
            {"momentum": "optimiser=sgd"},
            [
                "condition momentum: optimiser=sgd: optimiser is not swept. "
                "Did you mean 'optimizer'?"
            ],
        ),
        (
            {"momentun": "optimizer=sgd"},
            ["condition momentun: optimizer=sgd: momentun is not swept. Did you mean 'momentum'?"],
        ),
        (
            {"momentum": "optimizer=sgdd,lion,rmsprop"},
            [
                "condition momentum: optimizer=sgdd,lion,rmsprop: sgdd is not a choice of "
                "optimizer: adamw, lion, sgd. Did you mean 'sgd'?",
                "condition momentum: optimizer=sgdd,lion,rmsprop: rmsprop is not a choice of "
                "optimizer: adamw, lion, sgd.",
            ],
        ),
        (
            {"momentum": "lr=0.1"},
            [
                "condition momentum: lr=0.1: lr is swept over numbers; a condition needs choices: "
                "lr=VALUE,VALUE"
            ],
        ),
        (
            {"momentum": "optimizer=range(1,3)"},
            [
                "condition momentum: optimizer=range(1,3): write the values one by one: "
                "optimizer=VALUE,VALUE"
            ],
        ),
        ({"momentum": "sgd"}, ["condition momentum: sgd: overrides are written KEY=VALUE"]),
        (
            {"momentum": "~optimizer"},
            ["condition momentum: ~optimizer: conditions are written KEY=VALUE,VALUE"],
        ),
        (
            {"momentum": "optimizer=sgd", "optimizer": "momentum=0.9", "lr": "optimizer=sgd"},
            ["conditions go in a circle: momentum -> optimizer -> momentum; take one of them away"],
        ),
        (
            {"momentum": "momentum=0.9"},
            ["conditions go in a circle: momentum -> momentum; take one of them away"],
        ),
    ],
)
def test_wrong_conditions_say_what_is_wrong(conditions, expected):
    assert problems([*OPTIMIZERS, "lr=interval(0,1)"], conditions) == expected


def test_every_problem_is_said_at_once_and_none_twice():
    found = problems(
        ["a=b(c", "b=interval(1,0)", "c=range(1,2,0)", "lora=r4,r8"],
        {"lora": "a=1", "b": "lora=r4", "d": "lora=r9"},
    )
    assert [line.partition(": ")[0] for line in found] == [
        "a=b(c",
        "b=interval(1,0)",
        "c=range(1,2,0)",
        "condition d",
        "condition d",
    ]
    assert not any("\n" in line for line in found)


def test_grid_needs_an_end_of_points():
    space = read(["lora=r4,r8", "lr=interval(0,1)", "n=int(interval(1,8))"], options)
    assert space.num_points() is None
    with pytest.raises(RequestError, match=r"^lr has no end of values.*a grid needs range"):
        space.grid()


def test_grid_of_too_many_points_is_refused():
    space = read(["a=int(interval(1,2000))", "b=int(interval(1,1000000000))"], options)
    assert space.num_points() == 2_000_000_000_000
    with pytest.raises(RequestError, match="2,000,000,000,000 points"):
        space.grid()


def test_space_without_parameters_has_one_point():
    space = read(["lora=r4"], options)
    assert (space.num_points(), space.grid()) == (1, [{}])
    assert space.overrides({}) == ("lora=r4",)


@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [1, 0, 2]])
def test_grid_leaves_inactive_parameters_out(order):
    space = read([OPTIMIZERS[i] for i in order], options, WHEN)
    points = space.grid()
    assert space.num_points() == len(points) == 6
    assert len({tuple(sorted(point.items())) for point in points}) == 6
    for point in points:
        other = "momentum" if point["optimizer"] == "sgd" else "trainer.adam_beta2"
        assert set(point) == {"optimizer", other}
        assert list(point) == [key for key in space.parameters if key in point]


def test_grid_with_conditions_follows_hydras_order():
    space = read([*OPTIMIZERS, "seed=1,2"], options, WHEN)
    remaining = []
    for point in hydras_grid([*OPTIMIZERS, "seed=1,2"]):
        optimizer = point[0].partition("=")[2]
        inactive = "trainer.adam_beta2=" if optimizer == "sgd" else "momentum="
        active = tuple(text for text in point if not text.startswith(inactive))
        if active not in remaining:
            remaining.append(active)
    assert [space.overrides(point) for point in space.grid()] == remaining


def test_conditions_reach_through_inactive_parents():
    space = read(["c=1,2", "b=x,y", "a=on,off"], options, {"b": "a=on", "c": "b=x"})
    assert space.grid() == [
        {"c": "1", "b": "x", "a": "on"},
        {"a": "off"},
        {"b": "y", "a": "on"},
        {"c": "2", "b": "x", "a": "on"},
    ]


@pytest.mark.parametrize(
    ("parent", "condition", "expected"),
    [
        ("p='a b','c'", "p=c", ("'c'",)),
        ("p=a,b", "p='b',a", ("b", "a")),
        ("p=choice(1,'1')", "p='1'", ("'1'",)),
        ("p=true,false", "p=TRUE", ("True",)),
        ("p=null,0.1", "p=null", ("null",)),
        ("+p=[a],[b]", "p=[b]", ("[b]",)),
        ("lora=r4,r8,none", "lora=glob(r?)", ("r4", "r8")),
    ],
)
def test_conditions_compare_what_values_mean(parent, condition, expected):
    space = read([parent, "+key=1,2"], options, {"+key": condition})
    assert space.conditions == {"key": Condition(condition.partition("=")[0], expected)}


SEARCH = [
    "optimizer=choice(adamw,lion,sgd)",
    "trainer.adam_beta2=0.99,0.999",
    "momentum=interval(0,1)",
    "nesterov=true,false",
    "warm=1,2",
]
SEARCH_WHEN = {**WHEN, "nesterov": "optimizer=sgd", "warm": "nesterov=true"}
SGD = "momentum nesterov warm"


@pytest.mark.parametrize(
    ("added", "swept", "conditions"),
    [
        (["optimizer=adamw"], "trainer.adam_beta2", {}),
        (["++optimizer='lion'"], "trainer.adam_beta2", {}),
        (["optimizer=sgd"], SGD, {"warm": "nesterov=True"}),
        (["optimizer=muon"], "", {}),
        (["~optimizer"], "", {}),
        (["optimizer=sgd", "nesterov=true"], "momentum warm", {}),
        (["optimizer=sgd", "nesterov=false"], "momentum", {}),
        (["optimizer=adamw", "nesterov=true"], "trainer.adam_beta2 warm", {}),
        (["optimizer=adamw", "warm=1"], "trainer.adam_beta2", {}),
        (
            ["optimizer=sgd,adamw"],
            f"optimizer trainer.adam_beta2 {SGD}",
            {
                "trainer.adam_beta2": "optimizer=adamw",
                "momentum": "optimizer=sgd",
                "nesterov": "optimizer=sgd",
                "warm": "nesterov=True",
            },
        ),
        (
            ["optimizer=lion,adamw"],
            "optimizer trainer.adam_beta2",
            {"trainer.adam_beta2": "optimizer=adamw,lion"},
        ),
        (
            ["optimizer=muon,sgd", "momentum=0.5", "warm=1"],
            "optimizer nesterov",
            {"nesterov": "optimizer=sgd"},
        ),
        (
            ["optimizer=choice(adamw)"],
            "optimizer trainer.adam_beta2",
            {"trainer.adam_beta2": "optimizer=adamw"},
        ),
    ],
)
def test_conditions_follow_what_the_user_fixes_or_narrows(added, swept, conditions):
    space = read([*SEARCH, *added], options, SEARCH_WHEN)
    assert list(space.parameters) == swept.split()
    assert space.describe_conditions() == conditions
    fixed = {text for text in added if "," not in text and "choice" not in text}
    assert set(space.fixed) == fixed
    assert set(space.first()) <= set(space.parameters)


@pytest.mark.parametrize(
    ("default", "swept"),
    [("r8", ["rank"]), ("'r8'", ["rank"]), ("none", []), ("a\\ b", [])],
)
def test_parents_that_are_not_swept_have_their_default(default, swept):
    asked = []

    def defaults(key):
        asked.append(key)
        return default

    space = read(["rank=1,2"], options, {"rank": "lora=r4,r8"}, defaults)
    assert (list(space.parameters), space.conditions) == (swept, {})
    assert asked == ["lora"]


def test_defaults_are_not_asked_for_what_is_swept_or_fixed():
    def defaults(key):
        raise AssertionError(key)

    space = read(
        ["rank=1,2", "alpha=1,2", "lora=r4,none", "seed=3"],
        options,
        {"rank": "lora=r4", "alpha": "seed=3"},
        defaults,
    )
    assert list(space.parameters) == ["rank", "alpha", "lora"]


def test_parents_without_default_are_refused():
    with pytest.raises(RequestError, match=r"^condition rank: lor=r4: lor is not swept\.$"):
        read(["rank=1,2"], options, {"rank": "lor=r4"}, {"lora": "r4"}.get)


@pytest.mark.parametrize(
    ("overrides", "condition", "problem"),
    [
        (
            ["optimizer=adamw,sgd", "optimizer=adamw"],
            "optimizer=sgdd",
            "sgdd is not a choice of optimizer: adamw, sgd. Did you mean 'sgd'?",
        ),
        (
            ["optimizer=adamw,sgd", "optimizer=muon,lion"],
            "optimizer=lyon",
            "lyon is not a choice of optimizer: muon, lion, adamw, sgd. Did you mean 'lion'?",
        ),
        (["lora=r4"], "lora=q4", "q4 is not a choice of lora: r4, none, r16, r8."),
        (["lora@a.b=r4"], "lora@a.b=x", "x is not a choice of lora@a.b: r4, none, r16, r8."),
    ],
)
def test_values_that_were_never_choices_are_refused(overrides, condition, problem):
    (found,) = problems([*overrides, "key=1,2"], {"key": condition})
    assert found.startswith(f"condition key: {condition}: {problem}")


def test_dropped_parameters_are_still_checked_and_never_written():
    overrides = ["optimizer=adamw", "+momentum=0.1,0.9"]
    space = read(overrides, options, {"momentum": "optimizer=sgd"})
    assert space == Space({}, ("optimizer=adamw",))
    assert problems([overrides[0], "momentum=interval(1,0)"], {"momentum": "optimizer=sgd"}) == [
        "momentum=interval(1,0): the interval is upside down; write interval(0.0,1.0)"
    ]


@pytest.mark.parametrize(
    ("overrides", "first"),
    [
        (["lr=interval(0,1)", "lora=r8,r4"], {"lr": 0.0, "lora": "r8"}),
        (["n=int(interval(2,8))", "m=range(10,1,-3)"], {"n": 2, "m": 4}),
        (["x=range(0.9,0.1,-0.1)"], {"x": 0.2}),
        (OPTIMIZERS, {"optimizer": "adamw", "trainer.adam_beta2": "0.99"}),
        ([OPTIMIZERS[2], "optimizer=sgd,lion"], {"momentum": "0.0", "optimizer": "sgd"}),
        ([], {}),
    ],
)
def test_first_point_has_first_choices_and_low_bounds(overrides, first):
    conditions = {k: c for k, c in WHEN.items() if any(k in text for text in overrides)}
    point = read(overrides, lambda _: ["adamw", "lion", "sgd"], conditions).first()
    assert point == first
    assert list(point) == list(first)
    assert [type(value) for value in point.values()] == [type(v) for v in first.values()]


@pytest.mark.filterwarnings("ignore:(enqueue|create|add)_trial is experimental")
def test_values_of_every_point_are_taken_from_the_queue():
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = read(
        [
            *OPTIMIZERS,
            "n=range(10,1,-3)",
            "x=range(0.9,0.1,-0.1)",
            "y=range(0,0.4,0.1)",
            "c=choice(1,'1')",
        ],
        options,
        WHEN,
    )
    study = optuna.create_study()
    for point in space.grid()[::7]:
        queued = space.values(point)
        assert [type(queued[key]) for key in ("n", "x", "y", "c")] == [int, float, float, str]
        study.enqueue_trial(queued)
        drawn = space.suggest(study.ask())
        assert drawn == queued
        assert space.overrides(drawn) == space.overrides(point)


@pytest.mark.parametrize("backwards", [False, True])
def test_study_is_asked_for_active_parameters_alone(backwards):
    optuna = pytest.importorskip("optuna")
    overrides = [
        *OPTIMIZERS[:2],
        "momentum=interval(0,1)",
        "warm=null,0.1",
        "lr=tag(log, interval(1e-5,1e-3))",
        "rank=tag(log, int(interval(1,64)))",
        "layers=range(10,1,-3)",
        "dropout=range(0.1,0.9,0.1)",
        "nesterov=true,false",
    ]
    overrides = overrides[::-1] if backwards else overrides
    conditions = {**WHEN, "nesterov": "optimizer=sgd", "warm": "nesterov=false"}
    space = read(overrides, options, conditions)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=1))
    distributions, optimizers = {}, set()
    for _ in range(30):
        trial = study.ask()
        point = space.suggest(trial)
        assert point == trial.params
        assert list(point) == [key for key in space.parameters if key in point]
        expected = {"optimizer", "lr", "rank", "layers", "dropout"}
        if point["optimizer"] == "sgd":
            expected |= {"momentum", "nesterov"}
            expected |= {"warm"} if point["nesterov"] == "False" else set()
        else:
            expected |= {"trainer.adam_beta2"}
        assert set(point) == expected
        read_back = values(space.overrides(point))
        assert type(read_back["rank"]) is int
        assert read_back["lr"] == point["lr"]
        assert read_back["layers"] in (10, 7, 4)
        assert repr(read_back["dropout"]) in space.parameters["dropout"].texts()
        texts = {key: str(value) for key, value in point.items()}
        assert space.overrides(point) == space.overrides(texts)
        for key, distribution in trial.distributions.items():
            assert distributions.setdefault(key, distribution) == distribution
        optimizers.add(point["optimizer"])
        study.tell(trial, abs(math.log(point["lr"] / 1e-4)) + point["dropout"])
    assert set(distributions) == set(space.parameters)
    assert optimizers == {"adamw", "lion", "sgd"}


@pytest.mark.parametrize("text", ["range(0.1,0.75,0.1)", "range(0.9,0.1,-0.1)"])
def test_every_value_of_a_float_range_can_be_drawn(text):
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = read([f"x={text}"], options)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
    drawn = set()
    for _ in range(100):
        drawn.update(space.overrides(space.suggest(study.ask())))
    assert sorted(drawn) == sorted(
        text for point in space.grid() for text in space.overrides(point)
    )


@pytest.mark.parametrize("text", ["0.3", "0.30000000000000004"])
def test_queued_points_are_taken(text):
    optuna = pytest.importorskip("optuna")
    space = read(["x=range(0,0.4,0.1)", "lora=r4,r8"], options)
    study = optuna.create_study()
    with pytest.warns(optuna.exceptions.ExperimentalWarning):
        study.enqueue_trial({"x": 0.3, "lora": "r8"})
    drawn = space.suggest(study.ask())
    assert space.overrides(drawn) == space.overrides({"x": text, "lora": "r8"})


def test_reading_spaces_needs_neither_optuna_nor_torch():
    code = (
        "import sys, mathpal.sweeps.spaces;"
        "print([m for m in ('optuna', 'torch', 'transformers', 'numpy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


AWKWARD = st.text(max_size=12) | st.text(alphabet="\\'\"a1 ,:=[]{}()$~+-.\tnul", max_size=8)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**20), 10**20)
PLAIN = st.none() | st.booleans() | NUMBERS | AWKWARD
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.from_regex(r"[a-z_]{1,5}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=4,
)


@settings(max_examples=60, deadline=None)
@given(st.lists(VALUES, min_size=2, max_size=4), st.sampled_from(["{}", "choice({})"]))
def test_any_choice_reads_back_equal(choices, form):
    # Hydra itself takes no null inside choice().
    form = "{}" if None in choices else form
    space = read(["+key=" + form.format(",".join(map(written, choices)))], options)
    read_back = [values(space.overrides(point))["+key"] for point in space.grid()]
    assert repr(read_back) == repr(choices)


@settings(max_examples=60, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(-1e300, 1e300))
def test_any_float_reads_back_equal(value, low):
    space = Space({"key": Interval(low, math.inf)})
    assert values(space.overrides({"key": value})) == {"key": value}


DISCRETE = st.one_of(
    st.lists(st.sampled_from(["a", "b", "null", "0.1", "[x,y]", "'c d'", "true"]), min_size=2)
    .filter(lambda texts: len(texts) < 5)
    .map(",".join),
    st.tuples(st.integers(-9, 9), st.integers(1, 9), st.sampled_from([1, 2, 3, 7])).map(
        lambda t: f"range({t[0]},{t[0] + t[1]},{t[2]})"
    ),
    st.tuples(st.integers(-9, 9), st.integers(1, 9), st.sampled_from([1, 2, 3, 7])).map(
        lambda t: f"range({t[0]},{t[0] - t[1]},-{t[2]})"
    ),
    st.tuples(
        st.sampled_from([0, 0.1, 1e-5, -0.7]),
        st.sampled_from([0.3, 0.9, 1]),
        st.sampled_from([0.1, 0.25, 0.3, 1e-1]),
    ).map(lambda t: f"range({t[0]},{t[1]},{t[2]})"),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(DISCRETE, min_size=1, max_size=3))
def test_grid_is_hydras_own(sweeps):
    overrides = [f"key{i}={text}" for i, text in enumerate(sweeps)]
    space = read(overrides, options)
    points = space.grid()
    assert [list(space.overrides(point)) for point in points] == hydras_grid(overrides)
    assert space.num_points() == len(points)
