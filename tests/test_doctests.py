"""The examples in docstrings are right."""

import doctest
import importlib
from pathlib import Path

import pytest

import mathpal

PACKAGE = Path(mathpal.__file__).parent
MODULES = [
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(PACKAGE.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    results = doctest.testmod(importlib.import_module(name))
    assert results.attempted > 0
    assert results.failed == 0


def test_there_are_examples():
    assert {"mathpal.maths.answers", "mathpal.errors"} <= set(MODULES)
