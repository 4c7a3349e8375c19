"""What a tokenizer makes of Vietnamese and maths, on tokenizers of several kinds made here."""

import io
import shlex
import unicodedata

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from rich.console import Console
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import AddedToken, AutoTokenizer, PreTrainedTokenizerFast

from mathpal.data.tokens import (
    LETTERS,
    SYLLABLE,
    cut,
    lines,
    override,
    pieces,
    renderables,
    report,
    round_trip,
    saving,
)
from mathpal.errors import RequestError
from mathpal.models.sources import locate

TEXTS = [
    "Lan có 12 quả cam, mẹ cho thêm ½ số đó. Hỏi Lan có mấy quả?",
    "Tính √9 + √16 rồi so sánh: √25 ≤ 7.",
    "Rút gọn \\frac{2}{4} và 1\\frac12.",
]


def wrapped(tokenizer: Tokenizer, unk: str | None = None) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token=unk)


def tiny() -> PreTrainedTokenizerFast:
    """Byte-level BPE with the digits apart."""
    return AutoTokenizer.from_pretrained(locate("mathpal/tiny"))


def pieces_with_bytes() -> PreTrainedTokenizerFast:
    """As SentencePiece's of Gemma: ▁ for a space, bytes for what it does not know."""
    known = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", *"0123456789,abchimnqulđấ½"]
    known += ["12", "▁a"]
    bpe = Tokenizer(
        models.BPE(
            {token: number for number, token in enumerate(known)},
            [("1", "2"), ("▁", "a")],
            unk_token="<unk>",
            byte_fallback=True,
        )
    )
    bpe.normalizer = normalizers.Replace(" ", "▁")
    bpe.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    return wrapped(bpe, "<unk>")


def without_bytes() -> PreTrainedTokenizerFast:
    """Lower-case characters, and one unknown token for the rest."""
    known = ["<unk>", " ", *"0123456789,abch"]
    bpe = Tokenizer(models.BPE({token: n for n, token in enumerate(known)}, [], unk_token="<unk>"))
    bpe.normalizer = normalizers.Lowercase()
    bpe.decoder = decoders.Fuse()
    return wrapped(bpe, "<unk>")


def digits_in_threes() -> PreTrainedTokenizerFast:
    """As Llama 3's: up to three digits a token."""
    digits = "0123456789"
    known = [*digits, *(a + b for a in digits for b in digits), "Ġ", ","]
    known += [a + b + c for a in digits for b in digits for c in digits]
    merges = [(a, b) for a in digits for b in digits]
    merges += [(a + b, c) for a in digits for b in digits for c in digits]
    bpe = Tokenizer(
        models.BPE({token: n for n, token in enumerate(known)}, merges, ignore_merges=True)
    )
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\d{1,3}| |,"), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    bpe.decoder = decoders.ByteLevel()
    return wrapped(bpe)


def spaced_numbers() -> PreTrainedTokenizerFast:
    """As GPT-2's: a number with the space before it."""
    known = [*"hai12Ġ", "12", "Ġ12"]
    bpe = Tokenizer(
        models.BPE({token: n for n, token in enumerate(known)}, [("1", "2"), ("Ġ", "12")])
    )
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    return wrapped(bpe)


def no_spaces() -> PreTrainedTokenizerFast:
    """Split at spaces, which are gone then."""
    bpe = Tokenizer(models.BPE({token: n for n, token in enumerate("hai12")}, []))
    bpe.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    bpe.decoder = decoders.Fuse()
    return wrapped(bpe)


def test_there_are_134_letters_beyond_ascii():
    assert len(LETTERS) == len(set(LETTERS)) == 134
    assert {"đ", "Đ", "ặ", "Ễ", "ợ", "Ỵ"} <= set(LETTERS)
    assert all(unicodedata.is_normalized("NFC", letter) for letter in LETTERS)


@pytest.mark.parametrize(
    ("text", "syllables"),
    [
        ("Lan có 12 quả", ["Lan", "có", "quả"]),
        ("nghiêng, Đường thuở", ["nghiêng", "Đường", "thuở"]),
        ("5 cm và 3 kg", ["và"]),
        ("giá x = y2", ["giá"]),
    ],
)
def test_units_and_names_of_variables_are_no_syllables(text, syllables):
    assert SYLLABLE.findall(text) == syllables


@pytest.mark.parametrize(
    ("make", "symbol", "num_tokens", "kind"),
    [
        (tiny, "√", 3, "bytes"),
        (tiny, "×", 1, "one"),  # between spaces, as it was trained
        (tiny, r"\frac", 5, "several"),
        (pieces_with_bytes, "½", 1, "one"),
        (pieces_with_bytes, "√", 3, "bytes"),
        (pieces_with_bytes, "²", 2, "bytes"),
        (without_bytes, "√", 1, "unknown"),
    ],
)
def test_the_tokenizer_itself_tells_what_falls_to_bytes(make, symbol, num_tokens, kind):
    (cost,) = [cost for cost in report(make(), TEXTS).symbols if cost.symbol == symbol]
    assert (cost.num_tokens, cost.kind) == (num_tokens, kind)


@pytest.mark.parametrize(
    ("make", "number", "parts", "digits_a_token"),
    [
        (tiny, "2025", ("2", "0", "2", "5"), 1),
        (tiny, "3,5", ("3", ",", "5"), 1),
        (pieces_with_bytes, "12", ("12",), 2),
        (pieces_with_bytes, "1 250 000", tuple("1 250 000"), 2),
        (digits_in_threes, "2025", ("202", "5"), 3),
        (digits_in_threes, "1 250 000", ("1", " ", "250", " ", "000"), 3),
    ],
)
def test_how_numbers_are_cut(make, number, parts, digits_a_token):
    found = report(make(), TEXTS)
    assert found.numbers[number] == parts
    assert found.digits_a_token == digits_a_token


@pytest.mark.parametrize(("make", "piece"), [(tiny, " "), (spaced_numbers, " 12"), (no_spaces, "")])
def test_where_the_space_before_a_number_goes(make, piece):
    assert report(make(), TEXTS).space_before_number == piece


def test_a_space_may_be_part_of_the_next_token():
    assert cut(pieces_with_bytes(), "hai a1") == ("h", "a", "i", " a", "1")


def test_syllables_are_counted_with_the_tokens_that_stand_for_them():
    found = report(pieces_with_bytes(), ["cam 12 đấm"])
    # c a m, đ ấ m: three tokens each
    assert found.tokens_per_syllable == 3
    assert found.whole_syllables == 0
    assert report(tiny(), ["quả 12 quả"]).whole_syllables == 1
    assert report(tiny(), ["12 + 3"]).tokens_per_syllable is None


def test_tokens_per_character_is_what_the_texts_take():
    tokenizer = tiny()
    found = report(tokenizer, TEXTS)
    num_tokens = sum(len(tokenizer(t, add_special_tokens=False)["input_ids"]) for t in TEXTS)
    assert found.num_tokens == num_tokens
    assert found.tokens_per_character == num_tokens / sum(map(len, TEXTS))


def test_letters_that_fall_to_bytes_or_are_unknown():
    with_bytes = report(pieces_with_bytes(), TEXTS)
    assert set(LETTERS) - set(with_bytes.letters_in_bytes) == {"đ", "ấ"}
    assert with_bytes.letters_unknown == ""
    assert report(without_bytes(), TEXTS).letters_unknown == LETTERS


def test_decomposed_letters_cost_more_unless_they_are_composed_first():
    assert report(tiny(), TEXTS).decomposed_growth == 1
    assert report(pieces_with_bytes(), ["đấm"]).decomposed_growth > 1


def test_texts_that_do_not_come_back_are_shown():
    assert report(tiny(), TEXTS).num_lossy == 0
    decomposed = unicodedata.normalize("NFD", "quả")
    found = report(tiny(), ["cam", decomposed])
    assert (found.num_lossy, found.lossy) == (1, ((decomposed, "quả"),))
    assert report(without_bytes(), ["bác", "ABC", "1"]).num_lossy == 2


def test_what_symbols_would_save_is_what_adding_them_saves():
    texts = [*TEXTS, "√√9, a√b √", "không có gì"]
    symbols = ["√", r"\frac", "≤"]
    counted = saving(tiny(), texts, symbols)
    plain, added = tiny(), tiny()
    added.add_tokens([AddedToken(s, normalized=False, special=False) for s in symbols])
    before, after = (
        sum(map(len, t(texts, add_special_tokens=False)["input_ids"])) for t in (plain, added)
    )
    assert counted == before - after > 0
    assert saving(tiny(), texts, []) == 0
    assert saving(tiny(), ["2 × 3 × 4"], ["×"]) < 0  # the spaces beside it were part of it


def test_costly_and_frequent_symbols_are_recommended():
    found = report(tiny(), TEXTS)
    assert [cost.symbol for cost in found.recommended] == [r"\frac", "√", "≤"]
    assert [cost.saved for cost in found.recommended] == [8, 6, 2]
    assert found.saved_together == 16
    rare = report(tiny(), [*TEXTS[1:2], *["Lan có 3 quả cam."] * 500])
    assert rare.recommended == ()


def test_the_recommended_argument_is_one_that_hydra_and_a_shell_read():
    symbols = ["½", "đồng", r"\frac", "°", "12"]
    (argument,) = shlex.split(override(symbols))
    parsed = OverridesParser.create().parse_override(argument)
    assert (parsed.key_or_group, parsed.value()) == ("model.extra_tokens", symbols)


def test_a_pipe_gets_lines_and_a_terminal_a_table():
    found = report(tiny(), [*TEXTS, "[bold]không in đậm[/]"])
    plain = [str(line) for line in renderables(found, live=False)]
    assert plain == [f"{name}: {text}" for name, text in lines(found)]
    assert any(line.startswith("cut to bytes: ") and "√ (3)" in line for line in plain)
    assert "would save 16 tokens" in plain[-1]
    console = Console(file=io.StringIO(), width=400, force_terminal=True, color_system=None)
    console.print(*renderables(found, live=True))
    assert all(text in console.file.getvalue() for _, text in lines(found))


def test_no_texts_have_no_shares():
    found = report(tiny(), [])
    assert found.tokens_per_character is found.decomposed_growth is None
    assert dict(lines(found))["advice"] == "no symbol of the texts is worth a token of its own"


def test_pieces_are_those_of_the_symbol_alone():
    tokenizer = tiny()
    assert round_trip(tokenizer, "1√1") == "1√1"
    whole = tokenizer("1√1", add_special_tokens=False)["input_ids"]
    assert pieces(tokenizer, "√") == whole[1:-1]


def test_a_slow_tokenizer_is_refused():
    class Slow:
        is_fast = False
        name_or_path = "some/model"

    with pytest.raises(RequestError, match=r"some/model: a slow tokenizer"):
        report(Slow(), TEXTS)
