"""What is found wrong with rows, which of it is dropped, and how a plan tells it."""

import json
from dataclasses import replace

import pytest

from mathpal import data
from mathpal.config import CustomConfig, DataConfig, FileConfig, SynthConfig
from mathpal.data import Row, Rows, conversation
from mathpal.data.arrays import packed
from mathpal.data.chat import Encoded
from mathpal.data.duplicates import SIMILARITY, Index, asked
from mathpal.data.findings import OPTIONS, PHRASES, Finding, Quality
from mathpal.data.looks import CONCLUSION, LAST_PART, has_answer, needs_picture
from mathpal.data.quality import Judge, cleaned, improve, inspect
from mathpal.errors import RequestError
from mathpal.maths import curriculum
from mathpal.maths.answers import is_unanswered
from mathpal.maths.grading import reference_answer
from mathpal.preflight import rules
from mathpal.preflight.lengths import Lengths, without_long
from mathpal.preflight.plan import Plan

KEEP = dict.fromkeys(("duplicates", "leaks", "unanswered", "without_image", "cut"), "keep")
WELL = (
    "Một lớp học có 32 học sinh, trong đó có 18 học sinh nam. Hỏi lớp đó có bao nhiêu học sinh nữ?"
)
GARDEN = "Một mảnh vườn hình chữ nhật dài {} m và rộng {} m. Tính diện tích mảnh vườn đó."


def row(question, answer="Đáp số: 14", **more):
    return Row(conversation(question, answer), **more)


def options(**chosen):
    return DataConfig(_target_="any", clean=False, **{**KEEP, **chosen})


def found(train, test=()):
    """Return what is found: (finding, split, row, partner)."""
    return [(f.finding, f.split, f.row, f.partner) for f in inspect(train, list(test)).findings]


# questions that are the same, or nearly so


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WELL, WELL.upper()),
        (WELL, f"Câu 3: {WELL}"),
        (f"Bài 12 (2,0 điểm). {WELL}", f"Câu 1. {WELL}"),
        ("Một bể dài 2 m,rộng 1.5 m", "một bể dài 2m, rộng 1,5m."),
        ("Tính: $3 \\times \\frac{1}{2}$", "Tính 3 x 1/2"),
        ("Có 54 000 đồng", "Có 54.000 đồng!"),
        ("Diện tích là 3&nbsp;cm<sup>2</sup>", "Diện tích là 3 cm²"),
        ("Tìm x, biết: x : 0,5 = 2,4", "Tìm x biết x:0,5=2,4"),
    ],
)
def test_the_same_question_is_told_whatever_its_marks(one, other):
    assert asked(one) == asked(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WELL, WELL.replace("18", "17")),
        ("12 + 3 = ?", "12 - 3 = ?"),
        ("Tính: 3 × 4 + 5", "Tính: 3 + 4 × 5"),
        ("Tính: (3 + 4) × 5", "Tính: 3 + 4 × 5"),
        ("Tính: 12 : 3", "Tính: 12 - 3"),
        ("Viết 3,14", "Viết 31,4"),
        ("Vẽ đường thẳng y = -9x + 54", "Vẽ đường thẳng y = 9x + 54"),
        ("Tính (-3) × 5", "Tính 3 × 5"),
        ("Tính x - 5", "Tính x : 5"),
        ("Bạn trả lời câu 3 và câu 4", "Bạn trả lời câu 4"),
        ("số bị trừ là 5", "số bị trụ là 5"),
        ("Lan có ★★★, mỗi ★ là 5 cây", "Lan có ★★, mỗi ★ là 5 cây"),
        ("5 < 7", "5 > 7"),
    ],
)
def test_other_numbers_signs_or_letters_make_another_question(one, other):
    assert asked(one) != asked(other)


NEAR = [
    ("Có bao nhiêu số nhỏ hơn 1000 mà tích các chữ số bằng 12?",
     "Có bao nhiêu số nhỏ hơn 1000 sao cho tích các chữ số bằng 12?"),
    ("Tính giá trị của biểu thức sau: 12345 + 54321 = ?",
     "Câu 4: Tính giá trị của biểu thức $12345 + 54321$"),
    ("Diện tích một mặt hình lập phương là 25 cm². Thể tích của hình lập phương đó là bao nhiêu?",
     "Một hình lập phương có diện tích một mặt là 25cm². Tính thể tích của hình lập phương đó."),
    ("Cô Linh đi xe máy trong 4 giờ được 140 km. Tính vận tốc.",
     "Cô Mai đi xe máy trong 4 giờ được 140 km. Tính vận tốc."),
]  # fmt: skip

NOT_NEAR = [
    ("Có bao nhiêu số nhỏ hơn 1000 mà tích các chữ số bằng 12?",
     "Có bao nhiêu số nhỏ hơn 1000 mà tích các chữ số bằng 16?"),
    ("Một hình chữ nhật dài 10 cm, rộng 5 cm. Tính diện tích của hình chữ nhật đó.",
     "Một hình tam giác có đáy là 10 cm, chiều cao là 5 cm. Hỏi diện tích bằng bao nhiêu?"),
    ("Lan có 3 quả táo, Hoa có 5 quả táo. Hỏi cả hai có mấy quả?",
     "Lan có 5 quả táo, Hoa có 3 quả táo. Hỏi cả hai có mấy quả?"),
    ("Tính VI + IV rồi viết kết quả bằng số tự nhiên.",
     "Tính XVI - VI rồi viết kết quả bằng số tự nhiên."),
    ("Tính: 8 + 2 × 3 rồi viết kết quả vào vở", "Tính: 8 × 2 + 3 rồi viết kết quả vào vở"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), NEAR)
def test_other_words_for_the_same_are_near(one, other):
    assert found([row(one), row(other)]) == [("near_duplicate", "train", 2, 1)]


@pytest.mark.parametrize(("one", "other"), NOT_NEAR)
def test_another_question_is_not_near(one, other):
    assert found([row(one), row(other)]) == []


def test_no_two_of_many_different_problems_are_taken_for_the_same():
    problems = curriculum.generate(3000, 0, "train", starter=False)
    rows = [row(p.question, p.solution) for p in problems]
    assert len({p.question for p in problems}) == 3000
    counts = inspect(rows, []).counts
    assert "duplicate" not in counts and "conflict" not in counts
    assert counts["near_duplicate"] < 60


def test_the_index_finds_all_that_comparing_every_pair_finds(monkeypatch):
    monkeypatch.setattr("mathpal.data.duplicates.MOST_LOOKED_AT", 10_000)
    words = [f"từ{chr(97 + i)}" for i in range(12)]
    texts = [
        " ".join(w for i, w in enumerate(words) if mask >> i & 1) for mask in range(3, 4096, 41)
    ]
    questions = [asked(text) for text in texts]
    index = Index(questions)
    for number, question in enumerate(questions):
        index.add(number, question)
    pairs = 0
    for number, question in enumerate(questions):
        expected = {
            at
            for at, other in enumerate(questions)
            if at != number
            and len(other.words & question.words) >= SIMILARITY * len(other.words | question.words)
        }
        assert set(index.near(question)) == expected
        assert list(index.same(question)) == [number]
        pairs += len(expected)
    assert pairs > 30


# repeated rows


@pytest.mark.parametrize(
    ("first", "second", "finding"),
    [
        ("Đáp số: 14", "Đáp số: 14", "duplicate"),
        ("32 - 18 = 14 (học sinh)\nĐáp số: 14 học sinh", "Số bạn nữ là 14.", "duplicate"),
        ("Đáp số: 14 học sinh", "Đáp số: 15 học sinh", "conflict"),
    ],
)
def test_a_repeated_question_is_a_duplicate_or_a_conflict(first, second, finding):
    rows = [row("1 + 1 = ?", "2"), row(WELL, first), row(f"Câu 7: {WELL}", second)]
    assert found(rows) == [(finding, "train", 3, 2)]


def test_answers_that_cannot_be_read_are_no_conflict():
    rows = [row(WELL, "Đáp số: 14"), row(WELL, "Chưa có lời giải cho câu hỏi này.")]
    assert found(rows) == [("unanswered", "train", 2, None)]


def test_a_near_question_with_another_answer_is_another_question():
    nam = row(GARDEN.format(8, 6), "Đáp số: 48 m²")
    chu_vi = row(GARDEN.format(8, 6).replace("diện tích", "chu vi"), "Đáp số: 28 m")
    assert found([nam, chu_vi]) == []


def test_the_first_of_many_is_the_partner_of_all():
    rows = [
        row(WELL),
        row(f"Câu 1: {WELL}"),
        row(WELL.replace("trong đó có", "trong đó")),
        row(WELL),
    ]
    assert found(rows) == [
        ("duplicate", "train", 2, 1),
        ("near_duplicate", "train", 3, 1),
        ("duplicate", "train", 4, 1),
    ]


def test_good_and_bad_answers_to_a_question_are_neither_duplicates_nor_in_conflict():
    good, bad = row(WELL, label=True), row(WELL, "Đáp số: 15", label=False)
    worse = row(WELL, "Đáp số: 16", label=False)
    assert found([good, bad, worse]) == []
    assert found([good, bad, bad]) == [("duplicate", "train", 3, 2)]


def test_pairs_with_another_rejected_answer_are_no_duplicates():
    pairs = [row(WELL, rejected="Đáp số: 15"), row(WELL, rejected="Đáp số: 16")]
    assert found(pairs) == []
    assert found([pairs[0], pairs[0]]) == [("duplicate", "train", 2, 1)]


def test_the_same_words_about_two_pictures_are_two_questions():
    question = "Tính diện tích phần tô đậm:\n[hình]"
    rows = [row(question, "Đáp số: 12 cm²"), row(question, "Đáp số: 7 cm²")]
    assert {what for what, *_ in found(rows)} == {"without_image"}
    assert {what for what, *_ in found(rows[:1], rows[1:])} == {"without_image"}
    assert ("leak", "train", 1, 1) in found(rows[:1], rows[:1])


def test_all_turns_of_a_conversation_make_the_question():
    def chat(opening):
        turns = [*conversation(opening, "Bằng 5."), *conversation("Vì sao?", "Vì 2 + 3 = 5.")]
        return Row(turns)

    duplicate = ("duplicate", "train", 2, 1)
    assert duplicate not in found([chat("2 + 3 bằng mấy?"), chat("4 + 1 bằng mấy?")])
    assert duplicate in found([chat("2 + 3 bằng mấy?")] * 2)


def test_only_so_many_answers_are_read(monkeypatch):
    monkeypatch.setattr("mathpal.data.quality.MOST_GRADED", 2)
    judge, one, other = Judge(), row(WELL, "Đáp số: 14"), row(WELL, "Đáp số: 15")
    assert [judge.agree(one, other), judge.agree(one, other)] == [False, None]
    assert judge.agree(one, one) is True


# leaks


@pytest.mark.parametrize("asked_again", [WELL, f"Câu 9. {WELL}", WELL.replace("lớp đó", "lớp ấy")])
def test_a_held_out_question_in_training_is_a_leak(asked_again):
    train = [row("1 + 1 = ?", "2"), row(asked_again)]
    assert found(train, [row("2 + 1 = ?", "3"), row(WELL)]) == [("leak", "train", 2, 2)]


def test_a_leak_needs_no_answer_that_agrees():
    assert found([row(WELL, "Đáp số: 15")], [row(WELL)]) == [("leak", "train", 1, 1)]


@pytest.mark.parametrize(("one", "other"), NOT_NEAR)
def test_another_question_is_no_leak(one, other):
    assert found([row(one)], [row(other)]) == []


# answers and pictures


@pytest.mark.parametrize(
    ("answer", "is_there"),
    [
        ("Đáp số: 14 học sinh", True),
        ("Chọn B", True),
        ("32 - 18 = 14 (học sinh)", True),
        ("Chưa có lời giải cho câu hỏi này.", False),
        ("Đáp số: xem lời giải ở trên", False),
        ("Số học sinh nữ là:", False),
    ],
)
def test_a_solution_may_have_no_answer(answer, is_there):
    assert has_answer(row(WELL, answer)) is is_there


def test_an_announced_answer_can_be_read(exams):
    texts = [json.loads(line) for line in exams.read_text(encoding="utf-8").splitlines()]
    rows = [row(t["question"], t["solution"]) for t in texts]
    rows = cleaned(Rows(rows, [], "")).train
    rows += [row(p.question, p.solution) for p in curriculum.generate(500, 1, "train")]
    announced = [
        r
        for r in rows
        if CONCLUSION.search(r.answer[-LAST_PART:].lower()) and not is_unanswered(r.answer)
    ]
    assert len(announced) > 900
    assert [r.answer for r in announced if reference_answer(r.answer, r.question) is None] == []


@pytest.mark.parametrize(
    ("question", "needed"),
    [
        ("Hình dưới có bao nhiêu hình vuông?", True),
        ("Tính x:\n![](https://a.vn/19_1.png)", True),
        ("Tính x:\n<img src='a.png'>", True),
        ("Cho hình vẽ. Tính tỉ số diện tích 2 tam giác BDF và AEF.", True),
        ("Người ta xếp gạch thành cái tháp (như hình bên). Tính thể tích.", True),
        ("Cạnh của hình vuông ABCD là 10cm. Tính diện tích phần tô màu?", True),
        ("Số bóng được vẽ trong biểu đồ sau:\nHỏi có bao nhiêu quả màu đỏ?", True),
        ("Quan sát biểu đồ và cho biết khối nào đông nhất.", True),
        ("Biểu đồ như sau: Tháng 9: 6A có 28; tháng 10: 6A có 5. Hỏi có tất cả bao nhiêu?", False),
        ("Cho hình vuông có cạnh 5 cm. Tính chu vi.", False),
        ("Hãy vẽ hình chữ nhật dài 5 cm.", False),
        ("Diện tích hình sau khi tăng cạnh thêm 2 cm là bao nhiêu?", False),
        ("Trong các hình: hình vuông, hình thoi, có mấy hình có tâm đối xứng?", False),
        ("Trên bản đồ tỉ lệ 1 : 1000, quãng đường dài 5 cm.", False),
        ("Đồng hồ chạy chậm 5 phút. Hỏi mấy giờ?", False),
    ],
)
def test_a_picture_that_is_not_there_is_noticed(question, needed):
    assert needs_picture(question) is needed


def test_generated_problems_need_no_picture():
    problems = curriculum.generate(1000, 3, "train")
    assert [p.question for p in problems if needs_picture(p.question)] == []


# cleaning


def test_every_text_of_a_row_is_cleaned_and_changes_are_counted():
    turns = [
        {"role": "system", "content": "Bạn&nbsp;là gia sư."},
        *conversation("3&nbsp;+ 2<br>bằng mấy?", "<strong>5</strong>"),
    ]
    rows = cleaned(Rows([Row(turns, rejected="6&nbsp;quả", number=1), row("1 + 1")], [], "a file"))
    (first, second) = rows.train
    assert [turn["content"] for turn in first.messages] == [
        "Bạn là gia sư.",
        "3 + 2\nbằng mấy?",
        "5",
    ]
    assert (first.rejected, first.number) == ("6 quả", 1)
    assert second == row("1 + 1")
    assert (rows.quality.changes, rows.quality.num_cleaned) == (
        {"html_entity": 3, "html_tag": 3},
        1,
    )
    assert rows.note == "a file; cleaned 1 of 2 rows (html_entity 3, html_tag 3)"


def test_answers_that_cleaning_would_make_the_same_stay_a_pair():
    pair = row("Diện tích là bao nhiêu?", "Đáp số: 5 cm²", rejected="Đáp số: 5 cm2")
    rows = Rows([pair], [], "a file")
    assert cleaned(rows) is rows


def test_clean_rows_stay_the_same_objects():
    rows = Rows([row(WELL)], [row("1 + 1 = ?")], "a file")
    assert cleaned(rows) is rows


def test_a_text_of_which_nothing_would_be_left_stays():
    assert cleaned(Rows([row("\u200b", "2")], [], "")).train == [row("\u200b", "2")]


# options


def test_every_finding_has_a_phrase_and_every_option_is_one_of_data():
    assert list(OPTIONS) == list(PHRASES)
    known = {*DataConfig.__dataclass_fields__}
    assert {*filter(None, OPTIONS.values())} | {"clean"} == {*data.OURS} <= known


BAD = {
    "duplicates": ([row(WELL), row(f"Câu 2: {WELL}")], "dropped: 1 duplicate"),
    "leaks": ([row(WELL), row("5 + 5 = ?", "10")], "dropped: 1 also held out"),
    "unanswered": ([row(WELL), row("Tìm y.", "Ta có:")], "dropped: 1 without an answer"),
    "without_image": (
        [row(WELL), row("Hình dưới có mấy hình vuông?", "4")],
        "dropped: 1 in need of a picture",
    ),
}


@pytest.mark.parametrize("option", BAD)
def test_rows_are_dropped_as_the_option_says(option, monkeypatch):
    train, told = BAD[option]
    rows = Rows(train, [row("Câu 1: 5 + 5 = ?", "10")], "a file")
    kept = improve(rows, options())
    assert (kept.train, kept.note) == (train, "a file")
    assert kept.quality.dropped == {}
    dropped = improve(rows, options(**{option: "drop"}))
    assert (dropped.train, dropped.test) == (train[:1], rows.test)
    assert dropped.note == f"a file; {told}"
    assert sum(dropped.quality.dropped.values()) == 1
    assert dropped.quality.counts == kept.quality.counts


def test_of_held_out_rows_only_duplicates_are_dropped():
    bad = row("Hình dưới có mấy hình vuông?", "Ta có:")
    rows = Rows([row(WELL)], [bad, row("1 + 1 = ?", "2"), row("Câu 3: 1 + 1 = ?", "2")], "a file")
    kept = improve(rows, options(**dict.fromkeys(KEEP, "drop")))
    assert kept.test == rows.test[:2]
    assert kept.quality.counts == {
        "held_out_unanswered": 1,
        "held_out_without_image": 1,
        "held_out_duplicate": 1,
    }
    assert kept.note == "a file; dropped: of the held-out rows 1 duplicate"


def test_a_training_set_is_not_emptied_in_silence():
    rows = Rows([row(WELL), row("Tìm y.", "Ta có:")], [row(WELL)], "a file")
    with pytest.raises(RequestError) as refused:
        improve(rows, options(leaks="drop", unanswered="drop"))
    assert refused.value.problems == [
        "data: no row is left to train on of 2: dropped: 1 also held out, 1 without an answer; "
        "set data.leaks=keep data.unanswered=keep"
    ]


# loading


@pytest.fixture
def file_config(tmp_path):
    def config(records, **options):
        path = tmp_path / "rows.jsonl"
        path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
        target = "mathpal.data.sources.rows"
        return FileConfig(**{"_target_": target, "path": str(path), "test_rows": 0, **options})

    return config


RECORDS = [
    {"question": "3&nbsp;+ 2 = ?", "solution": "Đáp số: 5"},
    {"question": "Bài 2. 3 + 2 = ?", "solution": "Đáp số: 5"},
    {"question": "4 + 4 = ?", "solution": "Đáp số: 8"},
]


def test_a_file_is_cleaned_and_inspected(file_config):
    rows = data.load(file_config(RECORDS, seed=1))
    assert [(r.question, r.number) for r in rows.train] == [
        ("3 + 2 = ?", 1),
        ("Bài 2. 3 + 2 = ?", 2),
        ("4 + 4 = ?", 3),
    ]
    assert rows.quality.counts == {"duplicate": 1}
    assert rows.note.endswith("; cleaned 1 of 3 rows (html_entity 1)")
    kept = data.load(file_config(RECORDS, seed=1, duplicates="drop", clean=False))
    assert [r.question for r in kept.train] == ["3&nbsp;+ 2 = ?", "4 + 4 = ?"]
    assert kept.note.endswith("; dropped: 1 duplicate")
    assert kept.sha256 != rows.sha256


def test_what_is_found_is_the_same_each_time(exams):
    path = str(exams)
    config = FileConfig(_target_="mathpal.data.sources.rows", path=path, test_rows=200, seed=3)
    rows = data.load(config)
    again = inspect(rows.train, rows.test)
    assert again == inspect(rows.train, rows.test)
    assert rows.quality.counts["duplicate"] >= 8 and rows.quality.dropped["leak"] >= 3
    assert "leak" not in again.counts
    seen = json.dumps(rows.quality.records(), ensure_ascii=False)
    assert "Câu" in seen and len(rows.quality.records()) == sum(rows.quality.counts.values())


def test_generated_rows_are_left_alone():
    config = SynthConfig(
        _target_="mathpal.data.synth.rows",
        train_rows=300,
        test_rows=20,
        seed=1,
        duplicates="drop",
        course="starter",
    )
    rows = data.load(config)
    assert (len(rows.train), len(rows.test)) == (300, 20)
    assert rows.quality == Quality()
    assert cleaned(rows) is rows


def own_rows(**given):
    """Return rows as a user's function does, with what it was given in the note."""
    return Rows([row(WELL), row(WELL)], [], ", ".join(given))


def test_a_source_of_ones_own_sees_none_of_these_options():
    config = CustomConfig(_target_=f"{__name__}.own_rows", duplicates="drop", seed=5)
    rows = data.load(config)
    assert rows.note == "system, train_rows, test_rows, seed, options; dropped: 1 duplicate"
    assert len(rows.train) == 1


# the plan


def encoded(length, rejected=None):
    return Encoded([0] * length, [0] * length, rejected)


THREE = Rows([row(f"câu {n}", number=n) for n in (1, 2, 3)], [], "a file")


@pytest.mark.parametrize(
    ("trainer", "long"),
    [
        ({"max_length": 4}, [2, 3]),
        ({"max_length": 5}, [3]),
        ({"max_length": 9}, []),
        ({"max_length": None}, []),
        ({"max_length": 4, "packing": True}, []),
        ({}, []),
    ],
)
def test_rows_longer_than_max_length_are_found_and_dropped(trainer, long):
    worse = encoded(1)
    train = [encoded(4, worse), encoded(5, worse), encoded(2, rejected=encoded(9))]
    rows, kept = without_long(THREE, train, trainer, drops=False)
    assert (rows.train, rows.note, list(kept)) == (THREE.train, "a file", train)
    assert [(f.finding, f.row, f.dropped) for f in rows.quality.findings] == [
        ("cut", number, False) for number in long
    ]
    rows, kept = without_long(THREE, packed(train), trainer, drops=True)
    assert [r.number for r in rows.train] == [n for n in (1, 2, 3) if n not in long]
    assert list(kept) == [train[r.number - 1] for r in rows.train]
    told = f"; dropped: {len(long)} longer than max_length" if long else ""
    assert rows.note == f"a file{told}"


def test_rows_that_are_all_too_long_are_refused():
    train = [encoded(5), encoded(7), encoded(6)]
    with pytest.raises(RequestError, match=r"max_length=4: set trainer.max_length=7"):
        without_long(THREE, train, {"max_length": 4}, drops=True)


def plan(**known):
    return Plan(
        model="tiny",
        lora_rank=8,
        max_length=64,
        batch_size=4,
        num_steps=1,
        num_epochs=1.0,
        learning_rate=1e-3,
        data="a file",
        train_rows=3,
        test_rows=1,
        tokens=Lengths(total=30, trained=10, median=10, p95=12, longest=12),
        **known,
    )


def test_the_plan_tells_in_one_line_what_was_found():
    counts = {"near_duplicate": 23, "leak": 4, "unanswered": 61, "held_out_unanswered": 1}
    shown = plan(quality=counts, dropped={"leak": 4}).lines()
    assert ("quality", (
        "23 near-duplicates, 4 also held out (dropped), 61 without an answer; "
        "of the held-out rows 1 without an answer: quality.jsonl"
    )) in list(shown)  # fmt: skip
    assert "quality" not in dict(plan().lines())


@pytest.mark.parametrize(
    ("finding", "warning"),
    [
        (Finding("leak", "train", 1, "câu", 1), "1 training rows ask a held-out question"),
        (Finding("conflict", "train", 2, "câu", 1), "1 rows answer a question in another way"),
    ],
)
def test_what_spoils_figures_is_warned_of_unless_dropped(finding, warning):
    (told,) = rules.data_warnings(Quality((finding,)))
    assert told.startswith(warning)
    dropped = rules.data_warnings(Quality((replace(finding, dropped=True),)))
    assert dropped == ([] if finding.finding == "leak" else [told])


def test_quality_jsonl_names_the_row_and_its_partner():
    (record,) = inspect([row(WELL), row(f"Câu 2.\n{WELL}")], []).records()
    assert record == {
        "finding": "duplicate",
        "split": "train",
        "row": 2,
        "question": f"Câu 2. {WELL}"[:120],
        "partner": 1,
        "dropped": False,
    }
