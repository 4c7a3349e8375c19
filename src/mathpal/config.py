"""The typed groups of an experiment. Light: neither Hydra nor torch is imported here.

Options of TRL's and PEFT's configurations are read from data generated from those libraries
(`mathpal.schema`); everything that our own code reads is a field below, documented once.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from mathpal import schema

MISSING: Any = "???"
"""A mandatory value, in OmegaConf's spelling."""

GROUPS = (
    "model",
    "lora",
    "data",
    "trainer",
    "optimizer",
    "hardware",
    "tracking",
    "evaluation",
    "export",
    "experiment",
    "search",
)


OUR_OPTIMIZERS = ("lion", "muon")
"""Optimizers that transformers does not offer by name."""


def option(default: Any, help: str, choices: tuple[Any, ...] = ()) -> Any:
    """Declare a field with its help and, where only some values make sense, its choices."""
    metadata = {"help": help, "choices": list(choices) or None}
    if isinstance(default, list | dict):
        return field(default_factory=default.copy, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass
class ModelConfig:
    """A base model and the settings that suit it."""

    _target_: str = option("mathpal.models.${backend}.load", "the function that loads it")
    name: str = option(MISSING, "a folder, or an id on the hub")
    revision: str | None = option(None, "branch, tag or commit on the hub; null: the newest")
    backend: str = option(
        "transformers", "the library that suits it; backend follows", ("transformers", "unsloth")
    )
    quantization: str = option(
        "none", "bits that frozen weights are kept in; needs a GPU", ("none", "8bit", "4bit")
    )
    attn_implementation: str = option(
        "${hardware.attn_implementation}",
        "attention kernel",
        ("sdpa", "eager", "flash_attention_2", "flash_attention_3"),
    )
    chat_template: str | None = option(None, "a Jinja file that replaces the model's template")
    trust_remote_code: bool = option(False, "run code that comes with the model")
    gradient_checkpointing: bool = option(
        False, "whether its size wants it; hardware.gradient_checkpointing follows it"
    )
    learning_rate: float = option(2e-4, "a rate that suits LoRA; trainer.learning_rate follows it")
    preference_learning_rate: float = option(
        1e-5, "a rate that suits preferences and rewards; dpo, kto, orpo and grpo follow it"
    )
    batch_size: int = option(
        4, "rows a device takes at once; trainer.per_device_train_batch_size follows it"
    )
    max_length: int = option(1024, "tokens a row may have; trainer.max_length follows it")
    course: str = option(
        "full", "the problems it can learn; data.course follows it", ("starter", "full")
    )
    extra_tokens: list[str] = option(
        [], 'symbols to add to the tokenizer, such as ["√","≤"]; the adapter keeps their embeddings'
    )


LoraConfig = schema.options_class("lora", "LoraConfig", module=__name__)


@dataclass
class DataConfig:
    """Where rows come from, whatever the source."""

    _target_: str = option(MISSING, "the function that returns the rows")
    system: str | None = option(None, "a system message put before every conversation")
    train_rows: int | None = option(None, "rows to train on; null: all")
    test_rows: int | None = option(
        None, "held-out rows to score; null: all of their split or file, or a tenth of the rows"
    )
    seed: int = option("${seed}", "seed of what is drawn or shuffled")
    clean: bool = option(
        True, "clean the text of rows: Unicode, HTML, look-alike characters, LaTeX wrappers"
    )
    duplicates: str = option(
        "keep", "rows whose question and answer stand earlier, or nearly so", ("keep", "drop")
    )
    leaks: str = option(
        "drop", "training rows that ask a held-out question, or nearly so", ("keep", "drop")
    )
    unanswered: str = option(
        "keep", "rows whose solution has no final answer that can be read", ("keep", "drop")
    )
    without_image: str = option(
        "keep", "rows whose question needs a picture that text does not hold", ("keep", "drop")
    )
    cut: str = option(
        "keep", "rows longer than trainer.max_length, whose answers are cut", ("keep", "drop")
    )


@dataclass
class SynthConfig(DataConfig):
    """Generated problems of the Vietnamese school, grades 1 to 9."""

    grades: list[int] | None = option(None, "school grades, such as [4,5]; null: all")
    strands: list[str] | None = option(
        None, "strands of the programme: number, algebra, geometry, statistics; null: all"
    )
    topics: list[str] | None = option(None, "topics by code, such as [GEO.AREA]; null: all")
    kinds: list[str] | None = option(None, "kinds of problem by name; null: all")
    course: str = option(
        "${model.course}",
        "starter: kinds that a model of two million parameters can learn; it counts where no "
        "grade, strand, topic or kind is named",
        ("starter", "full"),
    )
    choices: float = option(0.0, "share of the problems asked as multiple choice, 0 to 1")


@dataclass
class FileConfig(DataConfig):
    """Rows of a file, or of a data set on the hub."""

    path: str | None = option(MISSING, "a .jsonl or .json file to train on")
    test_path: str | None = option(
        None, "a file of held-out rows; null: they are taken out of path"
    )
    name: str | None = option(None, "a data set's id on the hub, where path is null")
    revision: str | None = option(None, "branch, tag or commit on the hub; null: the newest")
    train_split: str = option("train", "split to train on, on the hub")
    test_split: str | None = option("test", "split held out, on the hub")
    prompt_column: str | None = option(None, "column of the question; null: found by name")
    completion_column: str | None = option(None, "column of the answer; null: found by name")
    rejected_column: str | None = option(
        None, "column of the worse answer of a pair; null: found by name"
    )
    label_column: str | None = option(
        None, "column that says whether an answer is good; null: found by name"
    )
    messages_column: str | None = option(None, "column of whole conversations; null: found by name")


@dataclass
class CustomConfig(DataConfig):
    """Rows from the user's own function."""

    options: dict[str, Any] = option({}, "a mapping that the function gets as `options`")


@dataclass
class TrainerConfig:
    """What every trainer has beside the options of its library."""

    _target_: str = option(MISSING, "the function that builds the trainer")
    learns_from: str = option(
        "answers",
        "what rows hold: answers, pairs of a chosen and a rejected answer, or labelled answers",
        ("answers", "pairs", "labels"),
    )
    head: str = option(
        "language", "what the model ends in: next-token logits, or one score", ("language", "score")
    )
    objective: str = option("eval_loss", "the figure that tells most of it; objective follows")
    early_stopping_patience: int | None = option(
        None, "evaluations without a better metric_for_best_model before stopping; null: never"
    )
    early_stopping_threshold: float = option(0.0, "how much better counts as better")


@dataclass
class RewardedConfig(TrainerConfig):
    """A trainer whose model answers questions and is rewarded for its answers."""

    rewards: dict[str, Any] = option(
        {}, "functions that score answers, each a name with its _target_ and options"
    )


def _trainer_class(method: str, base: type = TrainerConfig) -> type:
    more = {"optim": OUR_OPTIMIZERS}
    name = f"{method.title()}Config"
    return schema.options_class(method, name, (base,), more_choices=more, module=__name__)


SftConfig = _trainer_class("sft")
DpoConfig = _trainer_class("dpo")
KtoConfig = _trainer_class("kto")
OrpoConfig = _trainer_class("orpo")
GrpoConfig = _trainer_class("grpo", RewardedConfig)
RewardConfig = _trainer_class("reward")

TRAINERS: dict[str, type] = {
    "sft": SftConfig,
    "dpo": DpoConfig,
    "kto": KtoConfig,
    "orpo": OrpoConfig,
    "grpo": GrpoConfig,
    "reward": RewardConfig,
}
"""Option of the group trainer -> its class."""


@dataclass
class OptimizerConfig:
    """The optimizer and the settings that go with it; the trainer's own keys follow these."""

    name: str = option(
        "adamw_torch_fused",
        "an optimizer of transformers by its name there, or lion or muon",
        (*(schema.load("training").options["optim"].choices or ()), *OUR_OPTIMIZERS),
    )
    rate_factor: float = option(1.0, "times the model's learning rate, which suits AdamW")
    weight_decay: float = option(0.0, "decay of the weights at each step, times the rate")
    beta1: float = option(0.9, "decay of the mean of gradients")
    beta2: float = option(0.999, "decay of the mean of squared gradients")
    epsilon: float = option(1e-8, "added to the divisor")
    args: str | None = option(None, "further options, as name=value,name=value")
    target_modules: list[str] | None = option(
        None, "modules that GaLore and Apollo project; null: none"
    )


@dataclass
class HardwareConfig:
    """Devices, number formats and what of speed and memory depends on them."""

    device: str = option("auto", "where to run", ("auto", "cpu", "cuda"))
    gpu: str | None = option(None, "the GPU that this option is for")
    memory_gb: float | None = option(None, "memory of that GPU, in GB, as sold")
    capability: float | None = option(None, "its compute capability; bfloat16 begins at 8.0")
    precision: str = option(
        "auto", "number format of the forward pass", ("auto", "fp32", "bf16", "fp16")
    )
    attn_implementation: str = option(
        "sdpa",
        "attention kernel; model.attn_implementation follows it",
        ("sdpa", "eager", "flash_attention_2", "flash_attention_3"),
    )
    tf32: bool | None = option(None, "TensorFloat-32 products; null: the library's choice")
    padding_free: bool | None = option(
        None, "put a batch's rows one behind the other; null: for sft on a CPU, where it is quicker"
    )
    compile: bool = option(False, "torch.compile the model; trainer.torch_compile follows it")
    num_threads: int | None = option(None, "CPU threads; null: one a core")
    dollars_per_hour: float | None = option(
        None, "price of the machine, all its devices together; the plan then tells what a run costs"
    )
    gradient_checkpointing: bool = option(
        "${model.gradient_checkpointing}",
        "recompute activations: less memory, slower; trainer.gradient_checkpointing follows it",
    )
    num_processes: int = option(1, "processes on this machine, each with a device of its own")
    num_nodes: int = option(1, "machines; start the same command on each")
    node_rank: int = option(
        0, "this machine's number, 0 to num_nodes - 1; 0 writes the run's folder"
    )
    main_address: str = option("127.0.0.1:0", "HOST:PORT of machine 0; port 0: any free one")
    fsdp: Any = option(None, "sharding by FSDP, as trainer.fsdp, which follows it")
    fsdp_config: Any = option(None, "options of FSDP, as trainer.fsdp_config, which follows it")
    deepspeed: Any = option(None, "a DeepSpeed config, as trainer.deepspeed, which follows it")

    @property
    def sharded_by(self) -> list[str]:
        """The keys that ask for a model in pieces, one a process."""
        asked = {"fsdp": self.fsdp, "deepspeed": self.deepspeed}
        return [key for key, value in asked.items() if value not in (None, False)]


@dataclass
class TrackingConfig:
    """Where metrics go besides metrics.jsonl, which every run has."""

    report_to: list[str] = option([], "trackers of transformers, such as wandb or tensorboard")
    plot: bool = option(True, "draw loss.png")
    project: str = option("mathpal", "project name at the tracker")


@dataclass
class EvaluationConfig:
    """How held-out answers are generated and scored."""

    before: bool = option(True, "score the base model too, for comparison")
    max_rows: int | None = option(None, "held-out rows to answer; null: all")
    batch_size: int = option(64, "rows generated at once")
    max_new_tokens: int = option(256, "tokens an answer may have")
    num_samples: int = option(3, "answers shown on the screen")
    bench: str | None = option(
        None, "fixed questions to answer instead of the held-out rows", ("vi_math_bench_1",)
    )
    exam_path: str | None = option(
        None, "with bench: a file of exam questions with solutions to answer, too"
    )


@dataclass
class ExportConfig:
    """What is saved when training is done."""

    adapter: bool = option(True, "save the LoRA adapter in adapter/")
    merged: bool = option(False, "save the base with the adapter merged in, in model/")


@dataclass
class Experiment:
    """One run: the composed groups and the fields of the root."""

    name: str = option("train", "the run's name, at the end of its folder")
    seed: int = option(42, "seed of weights, rows and their order")
    output_dir: str = option("outputs", "where run folders land")
    objective: Any = option(
        "${trainer.objective}",
        "the figure of metrics.json that a sweep optimises; several as [eval_loss,seconds_train]",
    )
    dry_run: bool = option(False, "compose, check and plan; train nothing")
    backend: str = option(
        "${model.backend}", "the library that loads the model", ("transformers", "unsloth")
    )
    resume: str | None = option(None, "a run folder or checkpoint whose training goes on")
    probe: bool | None = option(
        None, "try the longest batch before the first step; null: where there is a GPU"
    )
    debug: bool = option(False, "verbose log, tracebacks on the screen")
    allow_targets: list[str] = option([], "packages of yours that _target_ may name")
    model: ModelConfig = MISSING
    lora: LoraConfig | None = None  # type: ignore[valid-type]
    data: DataConfig = MISSING
    trainer: TrainerConfig = MISSING
    optimizer: OptimizerConfig = MISSING
    hardware: HardwareConfig = MISSING
    tracking: TrackingConfig = MISSING
    evaluation: EvaluationConfig | None = None
    export: ExportConfig = MISSING

    @property
    def objectives(self) -> list[str]:
        """The names of what a sweep optimises."""
        return self.objective if isinstance(self.objective, list) else [self.objective]


SCHEMAS: dict[str, type] = {
    "experiment": Experiment,
    "data/synth": SynthConfig,
    "data/file": FileConfig,
    "data/custom": CustomConfig,
    **{f"trainer/{name}": kind for name, kind in TRAINERS.items()},
}
"""Name in conf's defaults lists (`/schema/NAME@_here_`) -> the class behind it."""


def conf_dir() -> Path:
    """Return the folder of config groups: the checkout's, or else the installed package's."""
    package = Path(__file__).resolve().parent
    checkout = package.parents[1] / "conf"
    return checkout if checkout.is_dir() else package / "conf"


def dotted_keys() -> list[str]:
    """Return the keys of the groups, as overrides spell them."""
    classes = [("trainer", kind) for kind in TRAINERS.values()]
    classes += [
        ("optimizer", OptimizerConfig),
        ("lora", LoraConfig),
        ("data", FileConfig),
        ("model", ModelConfig),
        ("hardware", HardwareConfig),
        ("tracking", TrackingConfig),
        ("evaluation", EvaluationConfig),
        ("export", ExportConfig),
    ]
    keys = [f"{group}.{f.name}" for group, kind in classes for f in fields(kind)]
    return list(dict.fromkeys(keys))


def as_dict(config: Any) -> dict[str, Any]:
    """Return a group as plain dictionaries and lists."""
    assert is_dataclass(config) and not isinstance(config, type)
    return asdict(config)
