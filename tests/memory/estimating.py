"""What the estimate is asked for a case."""

from cases import MODELS, Case
from mathpal.models.shape import read
from mathpal.preflight.memory.workload import Workload


def workload(case: Case) -> Workload:
    """Return a case as the plain values that memory depends on."""
    shape = read(MODELS[case.model])
    assert shape is not None
    lora = None
    if case.rank is not None:
        lora = {
            "r": case.rank,
            "lora_dropout": case.dropout,
            "target_modules": case.targets,
            "use_dora": case.use_dora,
        }
    return Workload(
        shape=shape,
        method="sft",
        backend="transformers",
        device="cuda" if case.half_weights else "cpu",
        precision=case.precision,
        batch_size=case.batch_size,
        num_tokens=case.num_tokens,
        batch_tokens=sum(case.row_lengths) if case.padding_free else None,
        lora=lora,
        attn_implementation=case.attn_implementation,
        gradient_checkpointing=case.checkpointing,
        optimizer=case.optimizer,
        options={"gradient_accumulation_steps": case.accumulation, **case.options},
    )
