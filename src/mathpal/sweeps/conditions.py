"""When a parameter of a sweep is active: where another has one of some values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mathpal.errors import RequestError, did_you_mean
from mathpal.sweeps import parameters
from mathpal.sweeps.parameters import Interval, Options, Parameter
from mathpal.sweeps.texts import meaning, parsed, written

Defaults = Callable[[str], str | None]
"""Key or group -> the text of the value that it has by default; None: nothing is known of it."""


@dataclass(frozen=True)
class Condition:
    """What makes a parameter active: `key` is active too, and has one of `values`."""

    key: str
    values: tuple[str, ...]
    """Texts of the choices of `key`."""


@dataclass(frozen=True)
class Given:
    """What the overrides of a sweep say, by key or group without a plus."""

    swept: dict[str, Parameter]
    fixed: dict[str, str | None]
    """Texts of the values that are not swept; None where the key is taken away."""
    choices: dict[str, list[str]]
    """The texts of all choices, those of overrides that a later one replaced too."""
    unclear: set[str]
    """The keys of overrides in which something is wrong."""


@dataclass(frozen=True)
class Resolved:
    """What is left of conditions where some of the values are fixed."""

    conditions: dict[str, Condition]
    """Key -> when it is active; keys that are not here always are."""
    dropped: set[str]
    """The parameters that can never be active."""
    problems: list[str]


def resolve(
    conditions: Mapping[str, str], given: Given, options: Options, defaults: Defaults
) -> Resolved:
    """Return when each parameter is active, by what its parent is swept over, fixed to or has.

    Nothing is asked of a parameter that is fixed itself: the user has set it.
    """
    asked: dict[str, Condition] = {}
    problems = []
    for written_key, text in conditions.items():
        key = written_key.lstrip("+")
        if key in given.fixed:
            continue
        if key not in given.swept and key not in given.unclear:
            problems.append(f"condition {key}: {text}: {_not_swept(key, given.swept)}")
        try:
            asked[key] = _condition(text, options)
            if asked[key].key not in given.unclear:
                asked[key] = _possible(asked[key], given, options, defaults)
        except RequestError as error:
            problems += [f"condition {key}: {problem}" for problem in error.problems]
    dropped = _never_active(asked)
    kept = {k: c for k, c in asked.items() if k not in dropped and c.key in given.swept}
    return Resolved(kept, dropped, [*problems, *_cycles(asked)])


def _condition(text: str, options: Options) -> Condition:
    override = parsed(text)
    key = override.get_key_element().lstrip("+")
    if override.is_delete():
        raise RequestError(f"{text}: conditions are written KEY=VALUE,VALUE")
    parameter = parameters.read(override, options)
    if isinstance(parameter, Interval):
        raise RequestError(f"{text}: write the values one by one: {key}=VALUE,VALUE")
    return Condition(key, parameter.choices if parameter else (written(override.value()),))


def _possible(asked: Condition, given: Given, options: Options, defaults: Defaults) -> Condition:
    """Return a condition with those of its values that its parent may have, in its texts."""
    texts = _parents_texts(asked, given, defaults)
    names = [written(name) for name in options(asked.key.partition("@")[0])]
    known = [*given.choices.get(asked.key, []), *names]
    if known:
        _refuse_strangers(asked, [*texts, *known])
    meanings = [(text, meaning(text)) for text in texts]
    possible = (t for value in asked.values for t, means in meanings if means == meaning(value))
    return Condition(asked.key, tuple(dict.fromkeys(possible)))


def _parents_texts(asked: Condition, given: Given, defaults: Defaults) -> list[str]:
    """Return the texts of the values that a condition's parent may have in this sweep."""
    parent = given.swept.get(asked.key)
    if isinstance(parent, Interval):
        raise RequestError(
            f"{_shown(asked)}: {asked.key} is swept over numbers; a condition needs choices: "
            f"{asked.key}=VALUE,VALUE"
        )
    if parent is not None:
        return parent.texts()
    if asked.key in given.fixed:
        text = given.fixed[asked.key]
        return [] if text is None else [text]
    default = defaults(asked.key)
    if default is None:
        raise RequestError(f"{_shown(asked)}: {_not_swept(asked.key, given.swept)}")
    return [default]


def _refuse_strangers(asked: Condition, known: list[str]) -> None:
    choices: dict[str, str] = {}
    for text in known:
        choices.setdefault(meaning(text), text)
    strangers = [value for value in asked.values if meaning(value) not in choices]
    if strangers:
        listed = ", ".join(choices.values())
        raise RequestError(
            [
                f"{_shown(asked)}: {value} is not a choice of {asked.key}: {listed}."
                f"{did_you_mean(value, choices.values())}"
                for value in strangers
            ]
        )


def _never_active(conditions: Mapping[str, Condition]) -> set[str]:
    """Return the keys whose parent has none of the values, or is never active itself."""
    never = {key for key, condition in conditions.items() if not condition.values}
    while more := {k for k, c in conditions.items() if c.key in never} - never:
        never |= more
    return never


def _cycles(conditions: Mapping[str, Condition]) -> Iterator[str]:
    reported: set[str] = set()
    for start in conditions:
        chain = [start]
        while (condition := conditions.get(chain[-1])) and condition.key not in chain:
            chain.append(condition.key)
        if condition and condition.key == start and start not in reported:
            reported.update(chain)
            yield (
                f"conditions go in a circle: {' -> '.join([*chain, start])}; take one of them away"
            )


def _shown(asked: Condition) -> str:
    return f"{asked.key}={','.join(asked.values)}"


def _not_swept(key: str, swept: Mapping[str, Parameter]) -> str:
    return f"{key} is not swept.{did_you_mean(key, swept)}"
