"""Import what every trial needs: the pool's fork server does it once for all its workers."""

from __future__ import annotations

import os
from contextlib import suppress

# First of all, away from the launcher's group: signals to that group are for the launcher alone.
with suppress(PermissionError):
    os.setsid()

import datasets  # noqa: F401
import peft  # noqa: F401
import torch  # noqa: F401
from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: F401
from trl import SFTConfig, SFTTrainer  # noqa: F401

from mathpal import export, failures, run, tracking, training  # noqa: F401
from mathpal.evaluation import evaluate  # noqa: F401
