"""The texts behind `KEY=` of overrides, and the values that Hydra reads from them."""

from __future__ import annotations

from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString, Transformer
from hydra.errors import HydraException

from mathpal.errors import RequestError

PARSER = OverridesParser.create()


def parsed(text: str) -> Override:
    """Return an override as Hydra reads it.

    Raises: RequestError.
    """
    try:
        override = PARSER.parse_override(text)
    except HydraException as error:
        if "=" not in text:
            raise RequestError(f"{text}: overrides are written KEY=VALUE") from error
        reason = " ".join(str(error).split())
        raise RequestError(
            f"{text}: cannot be read ({reason}); put quotes around what is meant as text"
        ) from error
    if not override.key_or_group:
        raise RequestError(f"{text}: overrides are written KEY=VALUE")
    return override


def written(value: Any) -> str:
    """Return the text behind `KEY=` that Hydra reads back as this value.

    >>> written([None, 0.1, "q_proj", "1", "a b"])
    "[null,0.1,q_proj,'1',a\\\\ b]"
    """
    if isinstance(value, list):
        return f"[{','.join(written(element) for element in value)}]"
    if isinstance(value, dict):
        pairs = (f"{Transformer.str(key)}:{written(element)}" for key, element in value.items())
        return f"{{{','.join(pairs)}}}"
    text = Transformer.str(value)
    if isinstance(value, str) and not _reads_as(text, value):
        return QuotedString(value, Quote.single).with_quotes()
    return text


def meaning(text: str) -> str:
    """Return what a text is read as, with its type: `'a'` is `a`, but `'1'` is not `1`."""
    return repr(PARSER.parse_override(f"key={text}").value())


def _reads_as(text: str, value: str) -> bool:
    try:
        # In a list an empty text is nothing, as it is among the values of a sweep.
        read_back = PARSER.parse_override(f"key=[{text}]").value()
    except HydraException:
        return False
    return read_back == [value]
