"""One-edit typos over groups, options, keys and choices get the right suggestion."""

import random
import re
import string

import pytest

from mathpal import problems
from mathpal.compose import Request, compose
from mathpal.config import GROUPS, Experiment, conf_dir, dotted_keys
from mathpal.errors import RequestError
from mathpal.schema import load

NUM_TYPOS = 20
LEAST_RATE = 0.95
LETTERS = string.ascii_lowercase + string.digits
ROOT_KEYS = [f for f in vars(Experiment()) if f not in GROUPS]


def vocabulary(kind):
    """The words of a kind, each with the overrides that use it: (before, word, after)."""
    if kind == "group":
        return [((), "", group, f"={first_option(group)}") for group in GROUPS]
    if kind == "option":
        return [((), f"{g}=", option, "") for g in GROUPS for option in options(g)]
    if kind == "key":
        keys = [*dotted_keys(), *ROOT_KEYS]
        return [(("data=vi_math",), "", key, "=1") for key in keys if not key.endswith("_target_")]
    return [((), f"{key}=", choice, "") for key, choices in closed_sets() for choice in choices]


def options(group):
    return sorted(path.stem for path in (conf_dir() / group).glob("*.yaml"))


def first_option(group):
    return options(group)[0]


def closed_sets():
    for group, name in (("trainer", "sft"), ("lora", "lora")):
        for option in load(name).options.values():
            if option.choices:
                yield f"{group}.{option.name}", option.choices
    yield "hardware.device", ("auto", "cpu", "cuda")
    yield "hardware.precision", ("auto", "fp32", "bf16", "fp16")
    yield "model.attn_implementation", ("sdpa", "eager", "flash_attention_2", "flash_attention_3")


def mistype(word, rng):
    """Change one letter or digit of a word: leave it out, double the hand, swap, add."""
    at = rng.choice([i for i, c in enumerate(word) if c.isalnum()])
    edit = rng.choice(("insert", "delete", "replace", "transpose"))
    letter = rng.choice(LETTERS)
    if edit == "insert":
        return word[:at] + letter + word[at:]
    if edit == "delete" and len(word) > 1:
        return word[:at] + word[at + 1 :]
    if edit == "transpose" and word[at + 1 : at + 2].isalnum():
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word[:at] + letter + word[at + 1 :]


def typos(kind):
    rng = random.Random(f"typos/{kind}")
    words = vocabulary(kind)
    right = {before + word for _, before, word, _ in words}
    found = {}
    while len(found) < NUM_TYPOS:
        others, before, word, after = rng.choice(words)
        typo = before + mistype(word, rng)
        if typo not in right:
            found[typo] = ((*others, typo + after), word)
    return list(found.values())


@pytest.mark.parametrize(
    "kind",
    [
        "group",
        "option",
        "key",
        "choice",
    ],
)
def test_one_edit_typos_get_the_right_suggestion(kind):
    missed = []
    for overrides, meant in typos(kind):
        with pytest.raises(RequestError) as refused:
            compose(Request(overrides))
        suggested = re.findall(r"'([^']+)'", str(refused.value).partition("Did you mean")[2])
        if meant not in suggested:
            missed.append(f"{overrides[-1]} (meant {meant}): {refused.value}")
    rate = 1 - len(missed) / NUM_TYPOS
    assert rate >= LEAST_RATE, "\n".join([f"{kind}: {rate:.1%} right; missed:", *missed])


def test_habits_of_other_tools_name_keys_that_exist():
    known = {*dotted_keys(), *GROUPS}
    assert set(problems.ALIASES.values()) <= known
