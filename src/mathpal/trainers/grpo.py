"""Group-relative policy optimisation: trl.GRPOTrainer over questions (arXiv 2402.03300)."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from mathpal.compose import bind
from mathpal.data import Row
from mathpal.data.chat import TEMPLATE_OPTIONS, end_of_turn_id
from mathpal.trainers.setup import Setup, arguments, assemble, drop_reference_copy, table


def build(setup: Setup, *, rewards: dict[str, Any], **options: Any) -> Any:
    """Return a trl.GRPOTrainer; `options` are those of trl.GRPOConfig, by their own names.

    Each reward is a function of answers (see `mathpal.trainers.rewards`); their sum counts, or
    what trainer.reward_weights makes of it. Held-out questions are answered only if
    trainer.eval_strategy asks for it: `mathpal` scores them before and after in any case.

    Raises: RequestError where the library refuses a combination of options.
    """
    from trl import GRPOConfig, GRPOTrainer

    args = arguments(GRPOConfig, "grpo", setup, options, chat_template_kwargs={**TEMPLATE_OPTIONS})
    evaluates = options["eval_strategy"] != "no" and setup.test_rows
    trainer = assemble(
        GRPOTrainer,
        setup,
        options,
        args=args,
        reward_funcs=[_function(name, reward) for name, reward in rewards.items()],
        train_dataset=table(_columns(setup.train_rows), None),
        eval_dataset=table(_columns(setup.test_rows), None) if evaluates else None,
        processing_class=_ending_turns(setup.tokenizer),
    )
    drop_reference_copy(trainer.model)
    return trainer


def _columns(rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "prompt": [row.messages[:-1] for row in rows],
        "reference": [row.answer for row in rows],
    }


def _function(name: str, reward: dict[str, Any]) -> Any:
    """Return a reward's function, by the name that its mean is logged under."""
    bound = bind(f"trainer.rewards.{name}", reward)

    def function(**columns: Any) -> Any:
        return bound(**columns)

    function.__name__ = name
    return function


def _ending_turns(tokenizer: Any) -> Any:
    """Return the tokenizer with the end of a turn as its eos, which is all that TRL stops at."""
    ending = copy.deepcopy(tokenizer)
    ending.eos_token = tokenizer.convert_ids_to_tokens(end_of_turn_id(tokenizer))
    return ending
