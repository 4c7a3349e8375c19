"""What a run takes of memory: figures worked out by hand, what must grow, what makes runs fit."""

from dataclasses import fields, replace

import pytest

from mathpal.compose import compose
from mathpal.config import HardwareConfig, LoraConfig, ModelConfig, as_dict
from mathpal.hardware import Device
from mathpal.models.shape import Layer, Linear, Shape, find, num_parameters
from mathpal.overrides import Request
from mathpal.preflight import gpus
from mathpal.preflight.memory import (
    GIB,
    Memory,
    Moment,
    Part,
    Workload,
    changes,
    estimate,
    extrapolation,
    framework,
    generation,
    methods,
    quantised,
    refusal,
    sharding,
    smallest,
    table,
    workload_of,
)
from mathpal.preflight.memory.evaluation import CHUNK, CHUNK_BYTES, forward_bytes, named
from mathpal.preflight.memory.fits import available_bytes, budget
from mathpal.preflight.memory.remedies import KINDS, Remedy
from mathpal.preflight.memory.training import training

CATALOGUE = [
    "Qwen/Qwen3-0.6B",
    "google/gemma-3-1b-it",
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in (
            "HuggingFaceTB/SmolLM2-135M-Instruct",
            "HuggingFaceTB/SmolLM3-3B",
            "Qwen/Qwen3-1.7B",
            "Qwen/Qwen3-4B",
            "Qwen/Qwen3-8B",
            "google/gemma-3-270m-it",
            "google/gemma-3-4b-it",
            "meta-llama/Llama-3.1-8B-Instruct",
            "meta-llama/Llama-3.2-1B-Instruct",
            "meta-llama/Llama-3.2-3B-Instruct",
            "microsoft/Phi-4-mini-instruct",
        )
    ),
]
"""All models but Gemma 3n, whose layers are always all played through."""

LORA = as_dict(LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"))


def llama(num_layers, hidden, feed_forward, kv_heads, *, tied, heads=32):
    """Return a Llama 3 of these sizes."""
    keys = kv_heads * hidden // heads
    sizes = {
        "self_attn.q_proj": (hidden, hidden),
        "self_attn.k_proj": (hidden, keys),
        "self_attn.v_proj": (hidden, keys),
        "self_attn.o_proj": (hidden, hidden),
        "mlp.gate_proj": (hidden, feed_forward),
        "mlp.up_proj": (hidden, feed_forward),
        "mlp.down_proj": (feed_forward, hidden),
    }
    linears = tuple(Linear(name, *size) for name, size in sizes.items())
    layer = Layer(linears, 2 * hidden, intermediate_size=feed_forward)
    return Shape(
        model_type="llama",
        vocab_size=128_256,
        hidden_size=hidden,
        num_heads=heads,
        num_kv_heads=kv_heads,
        head_dim=hidden // heads,
        layers=(layer,) * num_layers,
        num_other_parameters=hidden,
        tied=tied,
        context_length=131_072,
    )


LLAMA_1B = llama(16, 2048, 8192, 8, tied=True)
LLAMA_8B = llama(32, 4096, 14336, 8, tied=False)
SMALL = llama(4, 256, 1024, 2, tied=True, heads=8)


def load_of(shape=LLAMA_1B, **other):
    """Return supervised fine-tuning by LoRA on an L4, but for what else is said."""
    values = {
        "shape": shape,
        "method": "sft",
        "backend": "transformers",
        "device": "cuda",
        "precision": "bf16",
        "batch_size": 4,
        "num_tokens": 1024,
        "lora": LORA,
        "options": {"gradient_accumulation_steps": 1, "max_length": 1024},
        "capability": 8.9,
    }
    return Workload(**{**values, **other})


def peak(load):
    return estimate(load).peak.num_bytes


def part(moment, name):
    return named(moment.parts, name)


def moment(load, name):
    return next(m for m in estimate(load).moments if m.name == name)


def test_weights_in_sixteen_bits_take_two_bytes_each():
    assert num_parameters(LLAMA_1B) == 1_235_814_400
    assert quantised.num_bytes(LLAMA_1B, "none") == 2 * 1_235_814_400
    assert part(moment(load_of(), "training"), "weights") / GIB == pytest.approx(2.30, abs=0.005)


def test_four_bits_with_double_quantisation_are_half_a_byte_and_127_thousandths_of_a_bit():
    """Section 3 of arXiv 2305.14314: 0.5 bits a parameter for scales become 0.127."""
    linear = Linear("x", 4096, 4096)
    bits = 8 * quantised.linear_bytes(linear, "4bit") / linear.num_parameters
    assert bits == pytest.approx(4.127, abs=0.001)


def test_eight_bits_have_a_float32_a_row():
    assert quantised.linear_bytes(Linear("x", 4096, 1024), "8bit") == 4096 * 1024 + 4 * 1024


def test_an_8b_model_in_four_bits():
    inner = 32 * (2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336)
    outer = 2 * 128_256 * 4096 + 65 * 4096
    by_hand = inner * 4.127 / 8 + 2 * outer
    assert quantised.num_bytes(LLAMA_8B, "4bit") == pytest.approx(by_hand, rel=1e-3)
    assert 5.3e9 < quantised.num_bytes(LLAMA_8B, "4bit") < 5.75e9


def test_peft_keeps_what_is_not_quantised_in_float32_where_unsloth_does_not():
    plain = load_of(LLAMA_8B, quantization="4bit")
    unsloth = replace(plain, backend="unsloth")
    outer = 2 * 128_256 * 4096 + 65 * 4096
    more = part(moment(plain, "training"), "weights") - part(moment(unsloth, "training"), "weights")
    assert more == 2 * outer
    assert part(moment(plain, "training"), "weights") == quantised.num_bytes(LLAMA_8B, "4bit", 4)


def test_a_model_that_gives_scores_has_no_matrix_for_its_head():
    weights = part(moment(load_of(LLAMA_8B, method="reward"), "training"), "weights")
    assert weights == 2 * (num_parameters(LLAMA_8B) - 128_256 * 4096)


def test_convolutions_are_not_quantised():
    towers = 300_000_000
    gemma3n = replace(SMALL, model_type="gemma3n_text", num_tower_parameters=towers)
    siglip = replace(SMALL, model_type="gemma3_text", num_tower_parameters=towers)
    without = quantised.num_bytes(SMALL, "4bit")
    assert quantised.num_bytes(gemma3n, "4bit") == without + 2 * towers
    assert quantised.num_bytes(siglip, "4bit") < without + 0.53 * towers


def test_a_token_of_llama_3_8b_takes_128_kib_of_cache():
    assert generation.cache_bytes(LLAMA_8B, 1, 1, 2) == 128 * 1024
    assert generation.cache_bytes(LLAMA_8B, 64, 2048, 2) == 16 * GIB


def test_a_window_bounds_the_cache_and_shared_layers_have_none():
    sliding = replace(SMALL.layers[0], window=512)
    sharing = replace(SMALL.layers[0], shares_cache=True)
    entries = 2 * 2 * 32  # keys and values x heads x their size
    assert generation.layer_cache(SMALL, SMALL.layers[0], 2000) == entries * 2000
    assert generation.layer_cache(SMALL, sliding, 2000) == entries * 512
    assert generation.layer_cache(SMALL, sliding, 100) == entries * 100
    assert generation.layer_cache(SMALL, sharing, 2000) == 0


def test_answers_cost_their_cache():
    few = load_of(LLAMA_8B, generation_batch_size=8, prompt_tokens=128, new_tokens=256)
    many = replace(few, generation_batch_size=64)
    more = moment(many, "answering").num_bytes - moment(few, "answering").num_bytes
    assert more > 56 * 384 * 128 * 1024


def test_a_held_out_loss_has_the_logits_of_a_chunk_and_no_gradients():
    load = load_of(eval_batch_size=8, eval_tokens=1024)
    found = moment(load, "evaluation")
    assert part(found, "logits and loss") == CHUNK_BYTES * CHUNK * 128_256
    assert part(found, "gradients") == 0
    assert part(found, "optimizer") == part(moment(load, "training"), "optimizer")


@pytest.mark.parametrize(
    ("precision", "rows", "tokens", "megabytes"),
    [("bf16", 4, 1024, 46.1), ("bf16", 2, 2048, 55.9), ("fp32", 4, 1024, 72.0)],
)
def test_a_forward_pass_takes_what_was_measured(precision, rows, tokens, megabytes):
    """A Llama of 4 such layers on a CPU, the peak of its resident memory; autocast's casts of the
    weights, 7.6 MB, taken off."""
    load = load_of(SMALL, device="cpu", precision=precision)
    assert forward_bytes(load, rows, tokens) / 1e6 == pytest.approx(megabytes, rel=0.15)


def test_all_trained_weights_have_casts_while_they_are_evaluated():
    load = load_of(SMALL, lora=None, eval_batch_size=4, eval_tokens=512)
    casts = part(moment(load, "evaluation"), "activations") - part(
        moment(replace(load, device="cpu", lora=LORA), "evaluation"), "activations"
    )
    assert casts == 2 * num_parameters(SMALL)


SFT = load_of(SMALL)
METHODS = {
    "sft": SFT,
    "dpo": replace(SFT, method="dpo", options={**SFT.options, "precompute_ref_log_probs": False}),
    "kto": replace(SFT, method="kto", options={**SFT.options, "precompute_ref_log_probs": False}),
    "orpo": replace(SFT, method="orpo"),
    "reward": replace(SFT, method="reward"),
    "grpo": replace(
        SFT,
        method="grpo",
        batch_size=8,
        num_tokens=640,
        prompt_tokens=128,
        options={
            "num_generations": 8,
            "max_completion_length": 512,
            "gradient_accumulation_steps": 4,
            "beta": 0.0,
        },
    ),
}


@pytest.mark.parametrize(
    ("method", "tokens"),
    [("dpo", 8 * 1024), ("orpo", 8 * 1024), ("kto", 4 * 1024), ("grpo", 8 * 513)],
)
def test_logits_of_a_step(method, tokens):
    """Chosen and rejected answers stand in one batch; GRPO's logits are of answers alone."""
    bytes_a_logit = {"dpo": 16, "kto": 16, "orpo": 14, "grpo": 16}[method]
    logits = part(methods.training_step(METHODS[method]), "logits and loss")
    assert logits == pytest.approx(bytes_a_logit * tokens * 128_256, rel=0.002)


def test_logits_and_gradients_of_all_weights_are_not_held_at_once():
    """Most is held where the logits' gradients are made, when no weight has one yet."""
    load = replace(METHODS["orpo"], lora=None)
    found = methods.training_step(load)
    assert part(found, "logits and loss") > 14 * 8 * 1024 * 128_256
    assert part(found, "gradients") == 0
    accumulating = replace(load, options={**load.options, "gradient_accumulation_steps": 2})
    assert part(methods.training_step(accumulating), "gradients") == 4 * num_parameters(SMALL)


def test_a_reward_model_has_no_logits():
    assert part(methods.training_step(METHODS["reward"]), "logits and loss") < 2**20


@pytest.mark.parametrize(
    ("method", "options", "has_second"),
    [
        ("sft", {}, False),
        ("orpo", {}, False),
        ("reward", {}, False),
        ("dpo", {}, True),
        ("kto", {}, True),
        ("dpo", {"precompute_ref_log_probs": True}, False),
        ("grpo", {}, False),
        ("grpo", {"beta": 0.04}, True),
    ],
)
def test_a_second_model_only_where_all_weights_are_trained(method, options, has_second):
    load = METHODS[method]
    load = replace(load, options={**load.options, **options})
    assert methods.reference(load) is None
    second = methods.reference(replace(load, lora=None))
    assert (second.num_bytes if second else 0) == has_second * 4 * num_parameters(SMALL)


def test_grpo_draws_the_answers_of_a_whole_step_at_once():
    load = METHODS["grpo"]
    assert generation.drawn_rows(load) == 32
    fewer = replace(load, options={**load.options, "steps_per_generation": 1})
    assert generation.drawn_rows(fewer) == 8
    cache = part(moment(load, "generation"), "cache")
    assert cache >= generation.cache_bytes(SMALL, 32, 640, 2)


GROWING = [
    ("batch_size", 8),
    ("num_tokens", 2048),
    ("eval_batch_size", 64),
    ("generation_batch_size", 256),
    ("new_tokens", 4096),
    ("lora", None),
    ("num_devices", 2),
]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("name", "value"), GROWING)
def test_more_of_anything_never_takes_less(method, name, value):
    load = replace(
        METHODS[method],
        eval_batch_size=4,
        eval_tokens=1024,
        generation_batch_size=16,
        prompt_tokens=128,
        new_tokens=256,
    )
    more = estimate(replace(load, **{name: value}))
    for before, after in zip(estimate(load).moments, more.moments, strict=True):
        assert after.num_bytes >= before.num_bytes


def test_checkpointing_and_fewer_bits_take_less():
    load = load_of(LLAMA_8B, batch_size=2)
    in_eight = replace(load, quantization="8bit", backend="unsloth")
    in_four = replace(in_eight, quantization="4bit")
    assert peak(in_four) < peak(in_eight) < peak(replace(load, backend="unsloth"))
    assert peak(replace(load, gradient_checkpointing=True)) < peak(load)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_few_layers_tell_of_all(name):
    """The step that is reckoned from few layers is the one that is played through."""
    shape = find(ModelConfig(name=name))
    assert shape is not None
    load = load_of(shape)
    for changed in (
        load,
        replace(load, gradient_checkpointing=True),
        replace(load, quantization="4bit", num_tokens=2048, gradient_checkpointing=True),
        replace(load, method="grpo", options={**load.options, "max_completion_length": 64}),
    ):
        whole, reckoned = training(changed), extrapolation.step(changed)
        assert reckoned.num_bytes == pytest.approx(whole.num_bytes, rel=0.01)
        assert [(p.name, p.why) for p in reckoned.parts] == [(p.name, p.why) for p in whole.parts]


def test_fsdp_shares_weights_and_gathers_two_layers():
    one = load_of(LLAMA_8B, lora=None, gradient_checkpointing=True)
    four = replace(one, num_devices=4, sharded_by="fsdp")
    alone, shared = moment(one, "training"), moment(four, "training")
    for name in ("weights", "gradients", "optimizer"):
        assert part(shared, name) == pytest.approx(part(alone, name) / 4, abs=2)
    layer = 2 * 4096 * 4096 + 2 * 4096 * 1024 + 3 * 4096 * 14336 + 2 * 4096
    outermost = 2 * 128_256 * 4096 + 4096
    assert part(shared, "buffers") - part(alone, "buffers") == 2 * (outermost + 3 * layer)


@pytest.mark.parametrize(("stage", "bytes_each"), [(1, 2 + 2 + 12 / 8), (2, 2 + 14 / 8)])
def test_zero_keeps_the_bytes_of_its_paper(stage, bytes_each):
    """Figure 1 of arXiv 1910.02054: 16-bit weights and gradients, and 12 bytes of AdamW."""
    options = {"deepspeed": {"zero_optimization": {"stage": stage}}}
    parts = (Part("weights", 4000, ""), Part("gradients", 4000, ""), Part("optimizer", 8000, ""))
    shape = replace(SMALL, layers=(), vocab_size=0, num_other_parameters=1000)
    load = load_of(shape, lora=None, num_devices=8, sharded_by="deepspeed", options=options)
    found = sharding.shared(load, Moment("training", parts))
    assert found.num_bytes == pytest.approx(1000 * bytes_each)


def test_zero_moves_the_optimizer_away_where_it_is_told_to():
    settings = {"stage": 2, "offload_optimizer": {"device": "cpu"}}
    options = {"deepspeed": {"zero_optimization": settings}}
    load = load_of(lora=None, num_devices=2, sharded_by="deepspeed", options=options)
    assert part(moment(load, "training"), "optimizer") == 0


def test_ddp_has_buckets_as_large_as_the_gradients():
    alone, shared = (moment(load_of(num_devices=n), "training") for n in (1, 2))
    gradients = part(alone, "gradients")
    assert part(shared, "gradients") == gradients
    assert part(shared, "buffers") - part(alone, "buffers") == gradients


def test_a_newer_gpu_has_a_larger_context():
    nothing = Moment("training", ())
    sizes = [
        framework.overhead(load_of(capability=c), nothing).num_bytes for c in (7.5, 8.6, 9.0, 12.0)
    ]
    assert sizes == sorted(sizes)
    assert sizes[1] == framework.overhead(load_of(capability=None), nothing).num_bytes


def test_on_a_cpu_the_interpreter_counts():
    load = load_of(device="cpu", precision="fp32", capability=None)
    assert part(moment(load, "training"), "framework") == framework.INTERPRETER_MIB * 2**20


def test_usable_memory_is_less_than_what_is_sold():
    found = gpus.options()
    assert len(found) == 8
    for hardware in found.values():
        usable = gpus.usable_bytes(hardware)
        assert usable is not None and hardware.memory_gb is not None
        assert gpus.USABLE_SHARE <= usable / (hardware.memory_gb * GIB) < 1


def test_a_gpu_that_is_not_known_has_a_share_of_what_is_sold():
    device = Device("cuda", "bf16", 1, "")
    assert budget(HardwareConfig(memory_gb=48), device) == int(48 * gpus.USABLE_SHARE * GIB)


def test_processes_share_the_memory_of_a_cpu():
    alone = budget(HardwareConfig(), Device("cpu", "fp32", 1, ""))
    shared = budget(HardwareConfig(num_processes=4), Device("cpu", "fp32", 1, ""))
    assert alone is not None and shared is not None
    assert shared < alone / 2


def test_a_container_bounds_the_memory_of_a_cpu_but_for_the_files_that_it_caches(tmp_path):
    own = tmp_path / "own"
    whole = available_bytes(tmp_path, own)
    own.write_text("0::/\n")
    for name, text in (
        ("memory.max", "1000000"),
        ("memory.current", "900000"),
        ("memory.stat", "anon 300000\ninactive_file 600000"),
    ):
        (tmp_path / name).write_text(text + "\n")
    assert available_bytes(tmp_path, own) == 700_000 < whole


slow = pytest.mark.slow

REQUESTS = [
    "model=llama3_1_8b hardware=t4",
    pytest.param("model=qwen3_0_6b hardware=t4 trainer=dpo lora=none", marks=slow),
    pytest.param("model=llama3_2_1b hardware=t4", marks=slow),
    pytest.param("model=qwen3_1_7b hardware=l4 lora=none", marks=slow),
    pytest.param("model=qwen3_0_6b hardware=l4 trainer=dpo", marks=slow),
    pytest.param("model=qwen3_0_6b hardware=t4 trainer=kto", marks=slow),
    pytest.param("model=qwen3_0_6b hardware=t4 trainer=grpo", marks=slow),
    pytest.param("model=gemma3_1b hardware=t4 trainer=orpo", marks=slow),
]


def asked(arguments):
    """Return the workload of a request, as a plan for its GPU would."""
    experiment = compose(Request(tuple(arguments)))
    shape = find(experiment.model)
    assert shape is not None
    capability = experiment.hardware.capability or 8.0
    device = Device("cuda", "bf16" if capability >= 8 else "fp16", 1, "")
    return workload_of(
        experiment, shape, device, train_tokens=3000, eval_tokens=3000, prompt_tokens=200
    )


@pytest.mark.parametrize("request_line", REQUESTS)
def test_changes_make_it_fit(request_line):
    """Each change's overrides, typed behind the request, lead to the peak that it tells of."""
    arguments = request_line.split()
    load = asked(arguments)
    limit = gpus.usable_bytes(compose(Request(tuple(arguments))).hardware)
    assert limit is not None and peak(load) > limit
    found = changes(load, limit)
    assert found
    for change in found:
        there = asked([*arguments, *change.overrides])
        assert peak(there) == pytest.approx(change.num_bytes, rel=0.001)
        assert change.num_bytes <= limit
        assert " ".join(change.overrides) in refusal(estimate(load), limit, found)
    assert smallest(load, limit) == found[0]


def test_a_smaller_batch_keeps_the_rows_of_a_step():
    load = load_of(batch_size=8, options={"gradient_accumulation_steps": 3, "max_length": 1024})
    batches = next(kind for kind in KINDS if kind.__name__ == "batch")
    found = [remedy.overrides for remedy in batches(load, lambda _: True)]
    for rows, accumulation in found:
        assert int(rows.partition("=")[2]) * int(accumulation.partition("=")[2]) == 24
    assert len(found) == 5  # 6, 4, 3, 2, 1


def test_kto_keeps_two_rows_to_compare():
    batches = next(kind for kind in KINDS if kind.__name__ == "batch")
    found = [r.load.batch_size for r in batches(METHODS["kto"], lambda _: True)]
    assert found == [2]


def test_the_longest_row_that_fits_is_found():
    load = load_of(SMALL, num_tokens=1024)
    cuts = next(kind for kind in KINDS if kind.__name__ == "length")
    (remedy,) = cuts(load, lambda tried: tried.num_tokens <= 700)
    assert remedy.overrides == ("trainer.max_length=640",)


def test_the_last_word_on_a_key_counts():
    load = load_of(SMALL)
    both = Remedy("a", ("x=1", "y=2"), load).then(Remedy("b", ("x=3",), load))
    assert both.overrides == ("y=2", "x=3")
    assert both.name == "a + b"


def test_both_numbers_of_bits_are_told_where_either_is_enough():
    load = load_of(LLAMA_8B, batch_size=1, gradient_checkpointing=True, backend="unsloth")
    limit = peak(load) - GIB
    names = [change.name for change in changes(load, limit)]
    assert {"8-bit", "4-bit"} <= set(names)


def test_no_change_quantises_where_that_takes_more():
    """Float32 embeddings outweigh what the few matrices of such a model save."""
    load = load_of(SMALL, gradient_checkpointing=True, eval_batch_size=8, eval_tokens=1024)
    assert peak(replace(load, quantization="4bit")) > peak(load)
    for share in (0.3, 0.5, 0.7, 0.9):
        found = changes(load, int(share * peak(load)))
        assert not any("bit" in change.name for change in found)


def test_changes_together_are_as_mild_as_may_be():
    """Neither a batch nor a checkpoint alone is enough; two rows are, with checkpoints."""
    load = load_of(LLAMA_1B, batch_size=8, num_tokens=2048, quantization="4bit")
    options = {**load.options, "gradient_accumulation_steps": 4}
    two = replace(load, batch_size=2, gradient_checkpointing=True, options=options)
    limit = peak(two)
    assert min(peak(replace(load, batch_size=1)), peak(replace(two, batch_size=8))) > limit
    (together,) = [c for c in changes(load, limit) if "trainer.max_length" not in str(c.overrides)]
    assert together.load.batch_size == 2
    assert together.load.gradient_checkpointing


def test_weights_in_pieces_have_no_casts_that_last():
    one = load_of(LLAMA_8B, lora=None, gradient_checkpointing=True)
    four = replace(one, num_devices=4, sharded_by="fsdp")
    assert part(training(four), "activations") < 2 * num_parameters(LLAMA_8B) / 2
    held = [
        moment(replace(x, eval_batch_size=1, eval_tokens=512), "evaluation") for x in (one, four)
    ]
    saved = part(held[0], "activations") - part(held[1], "activations")
    assert saved == 2 * num_parameters(LLAMA_8B)


def test_a_model_in_pieces_has_its_peak_where_its_activations_are():
    """Whole gradients of all weights would outweigh them, and be the peak without them."""
    one = load_of(LLAMA_8B, lora=None, batch_size=1)
    eight = replace(one, num_devices=8, sharded_by="fsdp")
    assert part(training(one), "activations") < 5 * GIB < part(training(eight), "activations")


def test_sharding_is_told_of_each_gpu():
    load = load_of(LLAMA_8B, lora=None, optimizer="sgd", gradient_checkpointing=True)
    (change,) = [c for c in changes(load, 40 * GIB) if c.load.num_devices > 1]
    assert change.overrides == ("hardware.fsdp=true", "hardware.num_processes=2")
    assert change.text.endswith("GiB on each of 2 GPUs)")


def test_what_fits_needs_no_change():
    assert changes(load_of(SMALL), 80 * GIB) == []
    assert smallest(load_of(SMALL), 80 * GIB) is None


def test_where_nothing_helps_the_refusal_says_so():
    load = load_of(LLAMA_8B)
    assert changes(load, GIB // 4) == []
    assert "smaller model" in refusal(estimate(load), GIB // 4, [])


def test_the_table_opens_with_the_peak_and_adds_up():
    small = (Part("cache", 0, ""), Part("buffers", 2**20, ""), Part("adapter", 2**21, ""))
    parts = (Part("weights", 3 * GIB, "why"), Part("gradients", GIB, "so"), *small)
    memory = Memory((Moment("training", parts), Moment("evaluation", parts[:1])))
    assert table(memory, 8 * GIB) == [
        ("peak", "4.00 GiB of 8.00 GiB (50%), in training"),
        ("weights", "3.00 GiB (75%): why"),
        ("gradients", "1.00 GiB (25%): so"),
        ("other", "3 MiB: adapter, buffers"),
        ("else", "evaluation 3.00 GiB"),
    ]
    assert table(memory, None)[0] == ("peak", "4.00 GiB, in training")


def test_a_workload_takes_what_the_experiment_says():
    load = asked(["model=llama3_2_1b", "hardware=t4", "trainer.max_length=500", "lora=r8"])
    assert (load.method, load.num_tokens, load.eval_tokens) == ("sft", 500, 500)
    assert load.lora is not None and load.lora["r"] == 8
    assert load.generation_batch_size == 8192 // 200  # as many questions as a batch may have
    assert load.capability == 7.5
    assert {field.name for field in fields(Workload)} >= {"shape", "options"}
    grpo = asked(["model=qwen3_0_6b", "trainer=grpo", "trainer.max_completion_length=300"])
    assert (grpo.num_tokens, grpo.eval_batch_size) == (500, 0)
    reward = asked(["model=qwen3_0_6b", "trainer=reward"])
    assert reward.generation_batch_size == 0
