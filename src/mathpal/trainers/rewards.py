"""Rewards for GRPO: functions of a batch of answers, one figure an answer.

One of yours has the same shape, and is added by
`+trainer.rewards.NAME._target_=mypkg.reward allow_targets=[mypkg]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mathpal.maths.answers import final_answer
from mathpal.maths.grading import grade

Completions = Sequence[Sequence[dict[str, str]]]
"""Prompts or answers as trl gives them: a list of turns each; an answer is one."""


def right_answer(
    prompts: Completions,
    completions: Completions,
    reference: Sequence[str],
    points: float = 1.0,
    **_: Any,
) -> list[float | None]:
    """Give `points` for a final answer that agrees with the reference; None where it has none."""
    verdicts = [
        grade(question[-1]["content"], right, answer[-1]["content"]).correct
        for question, answer, right in zip(prompts, completions, reference, strict=True)
    ]
    return [None if verdict is None else points * verdict for verdict in verdicts]


def shown_answer(completions: Completions, points: float = 0.2, **_: Any) -> list[float]:
    """Give `points` for an answer that closes as a textbook's does: a line `Đáp số: ...`."""
    return [points * _is_shown(c[-1]["content"]) for c in completions]


def _is_shown(text: str) -> bool:
    """Tell whether the last line of an answer states the result.

    >>> _is_shown("3 + 4 = 7 (cm)\\nĐáp số: 7 cm"), _is_shown("3 + 4 = 7 (cm)")
    (True, False)
    """
    last = text.strip().rpartition("\n")[2]
    return last.startswith("Đáp số") and final_answer(last) is not None
