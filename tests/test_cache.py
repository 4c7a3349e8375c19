"""What is kept of data from run to run: what a miss finds, found again, and nothing else."""

import json
import logging
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hydra.core.global_hydra import GlobalHydra

from mathpal import cli, data, preflight
from mathpal.compose import compose
from mathpal.config import CustomConfig, FileConfig, ModelConfig, SynthConfig
from mathpal.data import Row, Rows, arrays, cache, chat, columns, conversation, quality, stored
from mathpal.data.arrays import flattened, packed
from mathpal.data.chat import Encoded
from mathpal.data.parallel import in_parallel
from mathpal.errors import RequestError
from mathpal.models.transformers import load_tokenizer
from mathpal.overrides import Request
from mathpal.preflight import estimated, tokenised
from mathpal.preflight.lengths import cut, longest_prompt, measure, without_long

READ = data.READ
NAME = "rows-0123"


@pytest.fixture(autouse=True)
def kept(tmp_path, monkeypatch):
    """An empty cache, in which sets of any size are kept."""
    monkeypatch.setenv("MATHPAL_DATA_CACHE", str(tmp_path / "cache" / "data"))
    monkeypatch.setattr(cache, "MIN_ROWS", 1)
    monkeypatch.setattr(data, "_loaded", {})
    return tmp_path / "cache" / "data"


@pytest.fixture
def records(tmp_path):
    """Write rows of which some repeat, one is unclean, one unanswered and one needs a picture."""

    def write(name="rows.jsonl", more=0):
        found = [
            {
                "question": f"Lan có {n} quả, ăn {n % 7} quả. Còn mấy quả?",
                "solution": f"Đáp số: {n}",
            }
            for n in range(40 + more)
        ]
        found += [found[0], {"question": "3&nbsp;+ 2 = ?", "solution": "Đáp số: 5"}]
        found += [{"question": "Tìm y.", "solution": "Ta có:"}]
        found += [{"question": "Hình dưới có mấy hình vuông?", "solution": "4 \u2028 hình"}]
        text = "\n".join(json.dumps(record, ensure_ascii=False) for record in found)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return write


def file_config(path, **options):
    return FileConfig(**{"_target_": READ, "path": path, "seed": 1, "test_rows": 4, **options})


def load(config):
    """Read rows as a new process would."""
    data._loaded.clear()
    return data.load(config)


def names(folder, kind=""):
    return {path.name for path in folder.glob(f"{kind}*-*")}


def plain(rows):
    """All that is in rows, as plain values."""
    parts = [[asdict(row) for row in part] for part in (rows.train, rows.test)]
    return parts, rows.note, asdict(rows.quality), rows.sha256


# entries


def write_text(text):
    return lambda folder: (folder / "text").write_text(text) and None


def read_text(folder):
    return (folder / "text").read_text()


def test_an_entry_is_found_as_it_was_kept():
    assert cache.find(NAME, read_text) is None
    cache.keep(NAME, write_text("một"))
    assert cache.find(NAME, read_text) == "một"
    cache.keep(NAME, write_text("hai"))
    assert cache.find(NAME, read_text) == "hai"
    assert cache.size_bytes() == sum(p.stat().st_size for p in (cache.folder() / NAME).iterdir())


def shorter(entry):
    (entry / "text").write_text("mộ")


def of_other_letters(entry):
    (entry / "text").write_text("mốt")


def without_a_file(entry):
    (entry / "text").unlink()


def without_its_manifest(entry):
    (entry / cache.MANIFEST).unlink()


def with_half_a_manifest(entry):
    text = (entry / cache.MANIFEST).read_text()
    (entry / cache.MANIFEST).write_text(text[: len(text) // 2])


def with_another_manifest(entry):
    (entry / cache.MANIFEST).write_text("[1, 2]")


def as_a_file(entry):
    shutil.rmtree(entry)
    entry.write_text("một")


DAMAGES = (
    shorter,
    of_other_letters,
    without_a_file,
    without_its_manifest,
    with_half_a_manifest,
    with_another_manifest,
)


@pytest.mark.parametrize("damaged", [*DAMAGES, as_a_file])
def test_a_damaged_entry_is_none_and_is_written_again(damaged):
    cache.keep(NAME, write_text("một"))
    damaged(cache.folder() / NAME)
    assert cache.find(NAME, read_text) is None
    cache.keep(NAME, write_text("hai"))
    if damaged is not as_a_file:
        assert cache.find(NAME, read_text) == "hai"


def test_an_entry_that_cannot_be_read_is_none(caplog):
    cache.keep(NAME, write_text("một"))
    assert cache.find(NAME, lambda folder: int(read_text(folder))) is None
    assert "it is made again" in caplog.text


def test_a_cache_that_cannot_be_written_costs_a_warning(kept, caplog):
    kept.parent.mkdir()
    kept.write_text("a file where the folder should be")
    made = cache.found_or_made(
        NAME, read_text, lambda: "một", lambda text, path: None, keeps=lambda _: True
    )
    assert made == "một"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING and "cannot be kept" in record.message
    assert cache.size_bytes() == 0


def test_without_a_home_nothing_is_kept(monkeypatch, caplog):
    def unknown(user):
        raise KeyError(user)

    for name in ("HOME", "XDG_CACHE_HOME", "MATHPAL_CACHE", "MATHPAL_DATA_CACHE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)
    made = cache.found_or_made(
        NAME, read_text, lambda: "một", lambda text, path: None, keeps=lambda _: True
    )
    assert made == "một"
    assert "set MATHPAL_DATA_CACHE=FOLDER" in caplog.text


def test_nothing_is_left_of_an_entry_whose_writing_fails(kept, caplog):
    def fill_the_disk(folder):
        (folder / "text").write_text("mộ")
        raise OSError(28, "No space left on device")

    cache.keep(NAME, fill_the_disk)
    assert cache.find(NAME, read_text) is None
    assert list(kept.iterdir()) == []
    assert "No space left on device" in caplog.text


def test_entries_not_used_for_longest_go_beyond_the_limit(monkeypatch):
    for number in range(4):
        cache.keep(f"rows-{number}", write_text("x" * 1000))
        os.utime(cache.folder() / f"rows-{number}" / cache.MANIFEST, (number, number))
    assert cache.find("rows-0", read_text)  # which makes it the newest
    monkeypatch.setattr(cache, "LIMIT_BYTES", 3600)
    cache.keep("rows-4", write_text("x" * 1000))
    assert names(cache.folder()) == {"rows-0", "rows-3", "rows-4"}
    monkeypatch.setattr(cache, "LIMIT_BYTES", 10)
    cache.keep("rows-5", write_text("x" * 1000))
    assert names(cache.folder()) == {"rows-5"}


def test_what_a_killed_process_was_writing_goes_once_it_is_old(kept):
    for name, age in ((".old", 2 * cache.LEFT_OVER_SECONDS), (".new", 0)):
        (kept / name).mkdir(parents=True)
        then = (kept / name).stat().st_mtime - age
        os.utime(kept / name, (then, then))
    cache.keep(NAME, write_text("một"))
    assert {path.name for path in kept.iterdir()} == {".new", NAME}


def test_other_code_makes_other_names(tmp_path, monkeypatch):
    code = tmp_path / "code"
    (code / "inner").mkdir(parents=True)
    (code / "inner" / "module.py").write_text("X = 1\n")
    monkeypatch.setattr(cache, "CODE", (code,))
    before = cache.key("rows", 1)
    assert cache.key("rows", 1) == before != cache.key("rows", 2)
    cache.code_version.cache_clear()
    assert cache.key("rows", 1) == before
    (code / "inner" / "module.py").write_text("X = 2\n")
    cache.code_version.cache_clear()
    assert cache.key("rows", 1) != before
    cache.code_version.cache_clear()


def test_the_code_that_counts_is_that_of_data_and_maths():
    modules = {module.__name__ for module in (data, arrays, chat, quality, stored)}
    assert all(name.startswith("mathpal.data") for name in modules)
    assert [folder.name for folder in cache.CODE] == ["data", "maths"]
    assert all((folder / "__init__.py").is_file() for folder in cache.CODE)


PROGRAM = """
import sys, time
from pathlib import Path
from mathpal.data import cache

def make():
    with open(sys.argv[1], "a") as file:
        file.write("made\\n")
    time.sleep(0.5)
    return "một"

print(cache.found_or_made(
    "rows-0123",
    lambda folder: (folder / "text").read_text(),
    make,
    lambda text, folder: (folder / "text").write_text(text),
    keeps=lambda _: True,
))
"""


def test_of_processes_that_want_the_same_one_makes_it(tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(PROGRAM), str(tmp_path / "log")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=60)[0] for process in running] == ["một\n"] * 3
    assert (tmp_path / "log").read_text() == "made\n"


# rows


def test_rows_found_again_are_those_that_were_read(records, kept):
    config = file_config(records(), duplicates="drop")
    first = load(config)
    again = load(config)
    assert isinstance(again.train, stored.StoredRows) and isinstance(first.train, list)
    assert plain(again) == plain(first)
    assert [row.number for row in again.train] == [row.number for row in first.train]
    assert (again.key, again.quality) == (first.key, first.quality)
    assert {f.finding for f in again.quality.findings} == {
        "duplicate",
        "unanswered",
        "without_image",
    }
    assert again.quality.num_cleaned == 2
    assert len(names(kept)) == 1


@pytest.mark.parametrize("damaged", DAMAGES[1:4])
def test_rows_are_read_again_where_their_entry_is_damaged(damaged, records, kept):
    config = file_config(records())
    first = load(config)
    (name,) = names(kept)
    shutil.copy(kept / name / "train.jsonl", kept / name / "text")
    damaged(kept / name)
    (kept / name / "train.jsonl").write_text("[]\n")
    again = load(config)
    assert isinstance(again.train, list) and plain(again) == plain(first)
    assert isinstance(load(config).train, stored.StoredRows)


def changed(config, records):
    """Configurations that must not find each other's rows."""
    yield config
    for option, value in (
        ("clean", False),
        ("duplicates", "drop"),
        ("leaks", "keep"),
        ("unanswered", "drop"),
        ("without_image", "drop"),
        ("train_rows", 20),
        ("test_rows", 5),
        ("seed", 2),
        ("system", "Bạn là gia sư."),
        ("prompt_column", "question"),
        ("test_path", records("test.jsonl")),
        ("path", records("other.jsonl", more=1)),
    ):
        yield replace(config, **{option: value})


def test_each_option_of_data_misses_the_rows_of_others(records, kept):
    configs = list(changed(file_config(records()), records))
    found = []
    for number, config in enumerate(configs, start=1):
        found.append(plain(load(config)))
        assert len(names(kept)) == number
    assert [plain(load(config)) for config in configs] == found
    assert len(names(kept)) == len(configs)


def test_a_file_that_moved_is_found_again_and_told_by_its_new_name(records, kept, monkeypatch):
    first = load(file_config(records()))
    monkeypatch.chdir(Path(records("moved.jsonl")).parent)
    for config in (file_config("moved.jsonl"), file_config("moved.jsonl", cut="drop")):
        again = load(config)
        assert isinstance(again.train, stored.StoredRows)
        assert (again.key, again.sha256) == (first.key, first.sha256)
        assert again.note == first.note.replace(file_config(records()).path, "moved.jsonl")
    assert len(names(kept)) == 1


def test_a_file_that_changed_misses_even_with_its_old_time_and_size(records, kept):
    path = Path(records())
    config = file_config(str(path))
    first, stat = load(config), path.stat()
    path.write_text(path.read_text().replace("Tìm y.", "Tìm z."))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert path.stat().st_size == stat.st_size
    again = load(config)
    assert again.sha256 != first.sha256 and len(names(kept)) == 2


def test_a_file_of_held_out_rows_that_changed_misses(records, kept):
    path, test_path = records(), records("test.jsonl")
    config = file_config(path, test_path=test_path, test_rows=None, leaks="keep")
    first = load(config)
    records("test.jsonl", more=1)
    assert len(load(config).test) == len(first.test) + 1


def test_a_file_with_a_bad_row_is_refused_each_time(records, kept):
    path = Path(records())
    path.write_text(path.read_text() + '\n{"question": "1 + 1 = ?"}')
    for _ in range(2):
        with pytest.raises(RequestError, match="'solution' is missing"):
            load(file_config(str(path)))
    assert names(kept) == set()


def own_rows(options, **_):
    """Return rows as a user's function does."""
    facts = {"grade": 3, "seen": options.get("seen", [1])}
    rows = [Row(conversation(f"{n} + 1 = ?", str(n + 1)), facts) for n in range(options["rows"])]
    return Rows(rows, rows[:0], "mine")


def own(**options):
    return CustomConfig(_target_=f"{__name__}.own_rows", seed=1, options=options)


def test_rows_of_ones_own_source_are_known_by_what_it_returns(kept):
    first = load(own(rows=30))
    assert plain(load(own(rows=30))) == plain(first)
    assert len(names(kept)) == 1
    load(own(rows=31))
    assert len(names(kept)) == 2


@pytest.mark.parametrize("seen", [(1, 2), {1: "a"}, {1, 2}, object, float("nan")])
def test_rows_that_json_would_change_are_not_kept(seen, kept):
    class Facts(dict):
        """A mapping as own_rows is given it."""

    for _ in range(2):
        rows = own_rows({"rows": 3, "seen": seen})
        assert not stored.can_be_written(rows) and stored.hash_of_rows(rows) is None
    assert names(kept) == set()


def test_generated_rows_are_known_by_their_options(kept):
    config = SynthConfig(
        _target_="mathpal.data.synth.pairs", train_rows=30, test_rows=5, seed=1, course="starter"
    )
    first = load(config)
    again = load(config)
    assert isinstance(again.train, stored.StoredRows) and plain(again) == plain(first)
    assert load(replace(config, seed=2)).sha256 != first.sha256
    assert len(names(kept)) == 2


def test_small_sets_are_not_kept(records, kept, monkeypatch):
    monkeypatch.setattr(cache, "MIN_ROWS", 1000)
    assert isinstance(load(file_config(records())).train, list)
    assert load(own(rows=10)).key is None
    assert names(kept) == set()


@pytest.mark.parametrize("form", ["answers", "labels", "pairs"])
def test_stored_pairs_take_every_form_as_others_do(form, records, kept):
    config = SynthConfig(
        _target_="mathpal.data.synth.pairs", train_rows=9, test_rows=2, seed=1, course="full"
    )
    first, again = load(config), load(config)
    one, other = (data.for_learning(rows.train, form) for rows in (first, again))
    assert isinstance(one, list) and isinstance(other, stored.StoredRows)
    assert list(other) == one and [other[at] for at in range(len(other))] == one
    assert list(other[3:7]) == one[3:7] and list(other.take([0, 5])) == [one[0], one[5]]
    assert [row.number for row in other] == [row.number for row in one]
    assert {row.rejected is None for row in one} == {form != "pairs"}


def test_stored_answers_are_refused_as_pairs(records, kept):
    load(file_config(records()))
    with pytest.raises(RequestError, match=r"trainer\.learns_from=pairs"):
        data.for_learning(load(file_config(records())).train, "pairs")


def test_stored_bad_answers_are_refused_as_answers(tmp_path, kept):
    path = tmp_path / "labels.jsonl"
    records = [{"prompt": f"{n} + 1?", "completion": "2", "label": n != 7} for n in range(9)]
    path.write_text("\n".join(map(json.dumps, records)))
    for _ in range(2):
        with pytest.raises(RequestError, match=r"trainer\.learns_from=answers"):
            data.for_learning(load(file_config(str(path), test_rows=0)).train, "answers")


# several processes


def test_the_number_of_processes_changes_nothing(records):
    problems = [(row.messages, row.label) for row in load(file_config(records())).train] * 60
    alone = in_parallel(quality.look_at, problems, num_processes=1)
    assert in_parallel(quality.look_at, problems, num_processes=2) == alone
    assert [len(part) for part in alone] == [1000, 1000, len(problems) - 2000]


def test_an_error_in_another_process_is_raised_here(capfd, caplog):
    with pytest.raises(TypeError):
        in_parallel(quality.look_at, [(3, None)] * 2000, num_processes=2)
    assert "by one process" in caplog.text


# tokens


def experiment(path, *overrides):
    settings = ("data=jsonl", f"data.path={path}", "data.test_rows=4", "hardware=cpu", *overrides)
    return compose(Request(("model=tiny", *settings)))


def prepared(chosen, tokenizer=None):
    data._loaded.clear()
    rows = tokenised.read(chosen)
    return tokenised.tokenise(chosen, rows, tokenizer or load_tokenizer(chosen.model))


def tokens(found):
    """All that training gets, as plain values."""
    rows = [[asdict(row) for row in part] for part in (found.train, found.test)]
    facts = {k: v for k, v in vars(found).items() if k not in ("rows", "train", "test")}
    return rows, plain(found.rows), facts


@pytest.fixture(scope="module")
def tokenizer():
    return load_tokenizer(ModelConfig(name="mathpal/tiny"))


@pytest.mark.parametrize("limits", [(), ("trainer.max_length=40", "data.cut=drop")])
def test_tokens_found_again_are_those_that_were_made(limits, records, kept, tokenizer, monkeypatch):
    chosen = experiment(records(), *limits)
    monkeypatch.setattr(cache, "MIN_ROWS", 1000)
    uncached = prepared(chosen, tokenizer)
    assert names(kept) == set()
    monkeypatch.setattr(cache, "MIN_ROWS", 1)
    first, again = prepared(chosen, tokenizer), prepared(chosen, tokenizer)
    assert {name.partition("-")[0] for name in names(kept)} == {"rows", "tokens", "hash"}
    assert tokens(uncached) == tokens(first) == tokens(again)
    assert (again.num_cut, len(again.train) < 40) == (0, bool(limits))
    assert again.test_tokens is not None and again.longest_test_prompt > 0
    encoded = list(chat.encode(list(again.rows.train), tokenizer))
    assert [row.input_ids for row in again.train] == [row.input_ids for row in encoded]
    assert again.longest_prompt >= max(len(row.prompt_ids) for row in encoded)


def test_pairs_and_labels_are_found_again(kept, tokenizer):
    for trainer in ("dpo", "kto"):
        chosen = compose(
            Request(
                (
                    f"trainer={trainer}",
                    "model=tiny",
                    "data=vi_math_pref",
                    "data.train_rows=12",
                    "data.test_rows=3",
                )
            )
        )
        first, again = prepared(chosen, tokenizer), prepared(chosen, tokenizer)
        assert tokens(first) == tokens(again)
        assert (again.train[0].rejected is None) is (trainer == "kto")
        assert [row.label for row in again.train[:2]] == (
            [True, False] if trainer == "kto" else [None, None]
        )
    assert len(names(kept, "rows")) == 1
    assert len(names(kept, "tokens")) == 2


def test_other_rows_tokenizers_and_templates_miss(records, kept, tokenizer, tmp_path, monkeypatch):
    path = records()
    count = 0

    def misses(chosen, with_tokenizer):
        nonlocal count
        found = [tokens(prepared(chosen, with_tokenizer)) for _ in range(2)]
        assert found[0] == found[1]
        count += 1
        assert len(names(kept, "tokens")) == count

    misses(experiment(path), tokenizer)
    misses(experiment(path, "data.seed=5"), tokenizer)
    misses(experiment(records("more.jsonl", more=1)), tokenizer)
    template = tmp_path / "other.jinja"
    template.write_text(tokenizer.chat_template.replace("_turn>", "_turn>:"))
    models = [
        ModelConfig(name="mathpal/tiny", chat_template=str(template)),
        ModelConfig(name="mathpal/tiny", extra_tokens=["∮"]),
    ]
    for model in models:
        misses(replace(experiment(path), model=model), load_tokenizer(model))
    special = load_tokenizer(ModelConfig(name="mathpal/tiny"))
    special.bos_token = special.eos_token
    misses(experiment(path), special)
    monkeypatch.setitem(chat.TEMPLATE_OPTIONS, "enable_thinking", True)
    misses(experiment(path), tokenizer)
    monkeypatch.undo()


def test_the_plan_tells_of_rows_found_again_what_it_told_of_them_at_first(records, kept):
    settings = ("trainer.max_length=40", "data.cut=drop", "dry_run=true", "data.duplicates=drop")
    chosen = experiment(records(), *settings)
    told = []
    for _ in range(2):
        data._loaded.clear()
        found = preflight.prepare(chosen)
        lasting = replace(found.plan, duration=None, memory_budget_bytes=None)
        told.append((lasting, found.quality, found.facts["data_sha256"]))
    assert told[0] == told[1] and names(kept, "tokens")
    plan, quality, _ = told[1]
    assert {"duplicate", "unanswered", "cut"} <= set(plan.quality)
    assert plan.dropped["cut"] == quality.counts["cut"] > 0 and plan.train_rows < 40


def test_preview_and_doctor_leave_out_what_a_run_would_drop(records, capsys):
    settings = ["data=jsonl", f"data.path={records()}", "data.test_rows=4"]
    for command in (["preview", "rows=1"], ["doctor", "data"]):
        shown = []
        for drops in ([], ["trainer.max_length=40", "data.cut=drop"]):
            assert cli.main([*command, *settings, *drops]) == 0
            GlobalHydra.instance().clear()
            shown.append(capsys.readouterr().out)
        assert "longer than max_length (dropped)" not in shown[0]
        assert "longer than max_length (dropped)" in shown[1]


@pytest.mark.parametrize(
    "settings",
    [
        ("data=vi_math_synth", "data.system='Bạn là gia sư.'"),
        ("data=vi_math_synth", "trainer.max_length=90"),
        ("data=vi_math_synth", "trainer.max_length=90", "data.cut=drop"),
        ("data=vi_math_synth", "trainer.max_length=90", "trainer.packing=true"),
        ("data=vi_math_pref",),
        ("data=vi_math_pref", "trainer=dpo"),
        ("data=vi_math_pref", "trainer=kto"),
        ("data=vi_math_synth", "trainer=grpo"),
    ],
)
def test_tokens_reckoned_from_characters_are_counted_as_those_of_a_tokenizer(
    settings, tokenizer, monkeypatch
):
    chosen = compose(Request(("model=tiny", "data.train_rows=80", "data.test_rows=9", *settings)))
    rows = tokenised.read(chosen)
    found = tokenised.tokenise(chosen, rows, tokenizer)
    texts = [text for row in rows.train for text in row.texts]
    num_tokens = sum(map(len, tokenizer(texts, add_special_tokens=False)["input_ids"]))
    rate = num_tokens / sum(map(len, texts))  # the catalogue's is of exam problems
    monkeypatch.setattr(estimated, "tokens_per_character", lambda _: rate)
    guess = estimated.measured(chosen, rows)
    assert guess is not None and guess.num_test == len(found.test)
    for known, reckoned in (
        (len(found.train), guess.num_train),
        (found.num_cut, guess.num_cut),
        (found.tokens.total, guess.tokens.total),
        (found.tokens.trained, guess.tokens.trained),
        (found.tokens.median, guess.tokens.median),
        (max(found.longest_test_prompt, found.longest_prompt), guess.longest_question),
    ):
        assert abs(known - reckoned) <= 0.4 * known


def test_a_template_that_tells_the_day_misses_on_another(records, kept, tokenizer, tmp_path):
    template = tmp_path / "dated.jinja"
    template.write_text("{{ strftime_now('%d %b %Y') }}" + tokenizer.chat_template)
    model = ModelConfig(name="mathpal/tiny", chat_template=str(template))
    chosen, dated = replace(experiment(records()), model=model), load_tokenizer(model)
    rows = tokenised.read(chosen)
    for template_of, num_names in ((tokenizer, 1), (dated, 2)):
        days = ("2026-11-23", "2026-11-24")
        found = {tokenised.name_in_cache(chosen, rows, template_of, "", day) for day in days}
        assert len(found) == num_names


def test_a_limit_on_length_makes_the_same_tokens_another_hash(records, kept, tokenizer):
    path = records()
    found = [
        prepared(experiment(path, "data.cut=drop", f"trainer.max_length={limit}"), tokenizer)
        for limit in (40, 41, 100, 40)
    ]
    assert len(names(kept, "tokens")) == 1 and len(names(kept, "hash")) == 3
    assert [one.rows_sha256 for one in found] == [one.rows.sha256 for one in found]
    assert len(found[0].train) < len(found[2].train)


# arrays


def row(*labels, rejected=None, label=None):
    """Return a row whose tokens are 1, 2, 3 ...; a label of 0 is of a token not trained."""
    ids = list(range(1, len(labels) + 1))
    masked = [
        token if trained else chat.IGNORED for token, trained in zip(ids, labels, strict=True)
    ]
    return Encoded(ids, masked, rejected, label)


ROWS = [
    row(0, 0, 1, 1),
    row(1, 1, 1),
    row(0, 1, 0, 0, 1, 1, 0),
    row(0, 0),
    row(1, 0, 1, label=True),
    row(0, 1, 1, 0, label=False),
]
PAIRS = [replace(one, rejected=other) for one, other in zip(ROWS, ROWS[::-1], strict=True)]


@pytest.mark.parametrize("rows", [ROWS, PAIRS, ROWS[:1], ROWS[3:4], []])
def test_arrays_hold_rows_as_they_are(rows, tmp_path):
    found = packed(rows)
    assert list(found) == rows and len(found) == len(rows)
    assert found.num_trained.tolist() == [one.num_trained for one in rows]
    assert [one.input_ids for one in found.prompts] == [one.prompt_ids for one in rows]
    assert [one.input_ids for one in found.answers] == [one.answer_ids for one in rows]
    assert list(found[1:4]) == rows[1:4]
    arrays.write((found, packed(rows[:0])), tmp_path)
    again, nothing = arrays.read(tmp_path)
    assert list(again) == rows and list(nothing) == []
    assert packed(again) is again


@pytest.mark.parametrize("from_end", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 5, 100])
def test_cut_rows_are_parts_of_lists(limit, from_end):
    keep = slice(-limit, None) if from_end else slice(None, limit)
    expected = [Encoded(one.input_ids[keep], one.labels[keep], label=one.label) for one in ROWS]
    found = packed(ROWS).cut(limit, from_end=from_end)
    assert list(found) == expected
    assert found.num_trained.tolist() == [one.num_trained for one in expected]
    assert [one.input_ids for one in found.answers] == [one.answer_ids for one in expected]
    assert [one.input_ids for one in found.prompts] == [one.prompt_ids for one in expected]
    assert columns.ids(found).to_pylist() == [one.input_ids for one in expected]
    assert columns.labels(found).to_pylist() == [one.labels for one in expected]
    assert columns.ones(found).to_pylist() == [[1] * len(one.input_ids) for one in expected]


def test_columns_are_of_as_many_chunks_as_needed(monkeypatch):
    monkeypatch.setattr(columns, "MOST_IN_A_CHUNK", 8)
    column = columns.ids(packed(ROWS))
    assert column.num_chunks == 4
    assert column.to_pylist() == [one.input_ids for one in ROWS]


def test_a_column_of_a_whole_set_is_not_copied():
    found = flattened(([n] * 5, [(1, 5)], None) for n in range(100))
    values = columns.ids(found).chunk(0).values
    assert values.buffers()[1].address == found.ids.ctypes.data


def test_rows_are_measured_as_lists_are():
    tokens = measure(ROWS)
    lengths = sorted(len(one.input_ids) for one in ROWS)
    assert (tokens.total, tokens.longest, tokens.median) == (sum(lengths), 7, lengths[3])
    assert tokens.trained == sum(one.num_trained for one in ROWS)
    assert measure(PAIRS).total == 2 * tokens.total
    assert longest_prompt(ROWS) == 4 and longest_prompt([]) == 0


def test_a_cut_that_leaves_nothing_to_train_names_the_first_row():
    with pytest.raises(RequestError, match=r"2 of 3 training rows .* \(first: row 1\).*=drop"):
        cut([ROWS[0], ROWS[1], ROWS[0]], {"max_length": 2}, "training")
    kept, num_cut = cut(ROWS[:3], {"max_length": 3}, "training")
    assert (num_cut, [len(one.input_ids) for one in kept]) == (2, [3, 3, 3])


@pytest.mark.parametrize("options", [{"max_length": None}, {"max_length": 9, "packing": True}, {}])
def test_a_row_without_an_answer_to_train_is_refused_whatever_the_length(options):
    with pytest.raises(RequestError, match=r"1 of 2 held-out rows have no token .* row 2"):
        cut([ROWS[1], ROWS[3]], options, "held-out")


def test_dropped_rows_of_the_cache_are_not_parsed(records, kept):
    load(file_config(records()))
    rows = load(file_config(records()))
    encoded = packed([row(*[1] * (5 if n == 2 else 4)) for n in range(len(rows.train))])
    fitting, left = without_long(rows, encoded, {"max_length": 4}, drops=True)
    assert isinstance(fitting.train, stored.StoredRows)
    assert len(fitting.train) == len(left) == len(rows.train) - 1
    assert [r.number for r in fitting.train] == [
        r.number for n, r in enumerate(rows.train) if n != 2
    ]
