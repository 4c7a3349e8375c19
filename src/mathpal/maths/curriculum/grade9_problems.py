"""Grade 9: problems solved by a system or a quadratic equation."""

from fractions import Fraction
from random import Random

from mathpal.maths.curriculum.drawing import NAMES, Draft, Kind, Slip
from mathpal.maths.curriculum.formulas import grouped, polynomial, wrong


def system_words(rng: Random) -> Draft:
    return rng.choice((_shopping, _shopping, _two_digits, _current, _legs))(rng)


PRICES = (
    ("quyển vở", 5, 20, "chiếc bút", 3, 15),
    ("kg cam", 20, 60, "kg xoài", 25, 70),
    ("cốc trà sữa", 20, 45, "chiếc bánh ngọt", 10, 30),
    ("vé người lớn", 40, 120, "vé trẻ em", 15, 60),
)


def _shopping(rng: Random) -> Draft:
    one, low, high, other, least, most = rng.choice(PRICES)
    x, y = 1000 * rng.randint(low, high), 1000 * rng.randint(least, most)
    a, b, c, d = (rng.randint(1, 6) for _ in range(4))
    while a * d == b * c:
        d = rng.randint(1, 7)
    first, second = rng.sample(NAMES, 2)
    paid, owed = a * x + b * y, c * x + d * y
    bought = f"{a} {one} và {b} {other} hết {grouped(paid)} đồng"
    too = f"{c} {one} và {d} {other} hết {grouped(owed)} đồng"
    question = rng.choice(
        (
            f"{first} mua {bought}. {second} mua {too}. Tính giá tiền mỗi {one} và mỗi {other}.",
            f"Mua {bought}; mua {too}. Hỏi mỗi {one} và mỗi {other} giá bao nhiêu tiền?",
            f"Ở cùng một cửa hàng, {first} mua {bought}, còn {second} mua {too}. "
            f"Tìm giá của một {one} và một {other}.",
        )
    )
    steps = (
        f"Gọi giá một {one} là x (đồng), giá một {other} là y (đồng), x > 0, y > 0.",
        f"Ta có hệ phương trình: {polynomial((a, 'x'), (b, 'y'))} = {grouped(paid)} và "
        f"{polynomial((c, 'x'), (d, 'y'))} = {grouped(owed)}.",
        f"Giải hệ, ta được x = {grouped(x)}; y = {grouped(y)} (thoả mãn điều kiện).",
    )
    answer = f"một {one} {grouped(x)} đồng; một {other} {grouped(y)} đồng"
    swapped = f"một {one} {grouped(y)} đồng; một {other} {grouped(x)} đồng"
    slip = Slip("prices_swapped", swapped, (*steps[:2], f"x = {grouped(y)}; y = {grouped(x)}."))
    numbers = (a, b, c, d, paid, owed)
    return Draft(one, numbers, question, steps, answer, wrong(answer, slip))


def _two_digits(rng: Random) -> Draft:
    tens, ones = rng.sample(range(1, 10), 2)
    whole, change = tens + ones, 9 * (ones - tens)
    more = "lớn" if change > 0 else "nhỏ"
    question = rng.choice(
        (
            f"Tìm số tự nhiên có hai chữ số, biết tổng hai chữ số của nó bằng {whole} và nếu đổi "
            f"chỗ hai chữ số thì được số mới {more} hơn số ban đầu {abs(change)} đơn vị.",
            f"Một số có hai chữ số, tổng các chữ số là {whole}. Khi viết hai chữ số theo thứ tự "
            f"ngược lại, ta được số {more} hơn số đã cho {abs(change)}. Tìm số đã cho.",
        )
    )
    start = "Gọi chữ số hàng chục là x, chữ số hàng đơn vị là y."

    def steps(x: int, y: int) -> tuple[str, ...]:
        return (
            start,
            f"Ta có hệ phương trình: x + y = {whole} và (10y + x) - (10x + y) = {change}.",
            f"Suy ra x + y = {whole} và y - x = {change // 9}.",
            f"Giải hệ, ta được x = {x}; y = {y}. Số cần tìm là {10 * x + y}.",
        )

    turned = str(10 * ones + tens)
    slip = Slip("digits_swapped", turned, steps(ones, tens))
    numbers = (whole, change)
    return Draft("digits", numbers, question, steps(tens, ones), f"{10 * tens + ones}", (slip,))


def _current(rng: Random) -> Draft:
    boat, stream = rng.randint(12, 35), rng.randint(1, 6)
    s, t = rng.randint(1, 4), rng.randint(1, 5)
    fast, slow = boat + stream, boat - stream
    vehicle = rng.choice(("ca nô", "chiếc thuyền máy", "tàu tuần tra"))
    question = rng.choice(
        (
            f"Một {vehicle} đi xuôi dòng {fast * s} km hết {s} giờ và đi ngược dòng {slow * t} "
            f"km hết {t} giờ. Tính vận tốc riêng của {vehicle} và vận tốc dòng nước.",
            f"Trên một khúc sông, một {vehicle} xuôi dòng {fast * s} km trong {s} giờ, ngược dòng "
            f"{slow * t} km trong {t} giờ. Tìm vận tốc khi nước lặng của {vehicle} và vận tốc dòng "
            "nước.",
        )
    )
    steps = (
        f"Gọi vận tốc riêng của {vehicle} là x (km/h), vận tốc dòng nước là y (km/h), x > y > 0.",
        f"Vận tốc xuôi dòng: x + y = {fast * s} : {s} = {fast}.",
        f"Vận tốc ngược dòng: x - y = {slow * t} : {t} = {slow}.",
        f"Cộng từng vế: 2x = {fast + slow}, suy ra x = {boat} và y = {stream}.",
    )
    answer = f"{vehicle} {boat} km/h; dòng nước {stream} km/h"
    double = f"{vehicle} {2 * boat} km/h; dòng nước {2 * stream} km/h"
    doubled = (*steps[:3], f"Suy ra x = {fast + slow} và y = {fast - slow}.")
    slip = Slip("half_forgotten", double, doubled)
    return Draft("current", (fast * s, s, slow * t, t), question, steps, answer, (slip,))


def _legs(rng: Random) -> Draft:
    one, other, more, fewer, what = rng.choice(
        (
            ("xe ô tô", "xe máy", 4, 2, "bánh xe"),
            ("bàn dài", "bàn ngắn", 6, 4, "chỗ ngồi"),
            ("phòng lớn", "phòng nhỏ", 5, 3, "giường"),
            ("thuyền lớn", "thuyền nhỏ", 8, 5, "khách"),
        )
    )
    x, y = rng.randint(4, 40), rng.randint(4, 40)
    whole, amount = x + y, more * x + fewer * y
    question = rng.choice(
        (
            f"Có tất cả {whole} {one} và {other}. Mỗi {one} có {more} {what}, mỗi {other} có "
            f"{fewer} {what}, tổng cộng {amount} {what}. Hỏi có bao nhiêu {one}, bao nhiêu "
            f"{other}?",
            f"Người ta đếm được {whole} {one} và {other} với tổng số {amount} {what}. Biết mỗi "
            f"{one} có {more} {what} và mỗi {other} có {fewer} {what}, tính số {one} và số "
            f"{other}.",
        )
    )
    steps = (
        f"Gọi số {one} là x, số {other} là y (x, y nguyên dương).",
        f"Ta có hệ phương trình: x + y = {whole} và {more}x + {fewer}y = {amount}.",
        f"Thay y = {whole} - x: {more}x + {fewer}({whole} - x) = {amount}, suy ra x = {x} và y = "
        f"{y}.",
    )
    answer, swapped = f"{x} {one}; {y} {other}", f"{y} {one}; {x} {other}"
    slip_steps = (*steps[:2], f"Giải hệ, ta được x = {y} và y = {x}.")
    slips = wrong(answer, Slip("amounts_swapped", swapped, slip_steps))
    return Draft(one, (whole, amount), question, steps, answer, slips)


def two_numbers(rng: Random) -> Draft:
    """Ask for two numbers from their sum and product, plainly or as the sides of a rectangle."""
    garden = rng.random() < 0.5
    x, y = rng.sample(range(3, 60) if garden else range(-20, 31), 2)
    x, y = max(x, y), min(x, y)
    s, p = x + y, x * y
    thing, unit = rng.choice(
        (("mảnh vườn", "m"), ("sân chơi", "m"), ("tấm bìa", "cm"), ("khung ảnh", "cm"))
    )
    if garden:
        question = rng.choice(
            (
                f"Một {thing} hình chữ nhật có chu vi {2 * s} {unit} và diện tích {p} {unit}². "
                f"Tính chiều dài và chiều rộng của {thing}.",
                f"Tìm hai kích thước của một {thing} hình chữ nhật, biết nửa chu vi là {s} "
                f"{unit} và diện tích là {p} {unit}².",
            )
        )
        answer = f"chiều dài {x} {unit}; chiều rộng {y} {unit}"
    else:
        question = rng.choice(
            (
                f"Tìm hai số, biết tổng của chúng bằng {s} và tích của chúng bằng {p}.",
                f"Tìm hai số u và v biết u + v = {s} và uv = {p}.",
                f"Hai số có tổng là {s}, tích là {p}. Tìm hai số đó.",
            )
        )
        answer = f"{x} và {y}"

    def steps(s: int, x: int, y: int) -> tuple[str, ...]:
        what = "Chiều dài và chiều rộng" if garden else "Hai số"
        equation = f"{polynomial((1, 'x^2'), (-s, 'x'), (p, ''))} = 0"
        half = [f"Nửa chu vi là {s} {unit}."] * garden
        end = f"Phương trình có hai nghiệm x = {x}; x = {y}."
        return (*half, f"{what} là hai nghiệm của phương trình: {equation}.", end)

    slips: tuple[Slip, ...] = ()
    if not garden:
        slips = wrong(answer, Slip("sign_of_sum_lost", f"{-y} và {-x}", steps(-s, -y, -x)))
    variant = "rectangle" if garden else "numbers"
    return Draft(variant, (s, p), question, steps(s, x, y), answer, slips)


def quadratic_words(rng: Random) -> Draft:
    return rng.choice((_longer_side, _longer_side, _earlier, _consecutive))(rng)


def _longer_side(rng: Random) -> Draft:
    width, more = rng.randint(4, 50), rng.randint(2, 30)
    thing = rng.choice(("mảnh đất", "mảnh vườn", "sân bóng", "bể bơi", "căn phòng"))
    area = width * (width + more)
    ask, result = rng.choice((("chiều rộng", width), ("chiều dài", width + more)))
    asked = rng.choice((ask, "chu vi"))
    result = 2 * (2 * width + more) if asked == "chu vi" else result
    question = rng.choice(
        (
            f"Một {thing} hình chữ nhật có chiều dài hơn chiều rộng {more} m và diện tích "
            f"{grouped(area)} m². Tính {asked} của {thing}.",
            f"Diện tích của một {thing} hình chữ nhật là {grouped(area)} m², chiều rộng kém "
            f"chiều dài {more} m. Hỏi {asked} của {thing} là bao nhiêu mét?",
        )
    )
    root = 2 * width + more
    start = (
        "Gọi chiều rộng là x (m, x > 0), chiều dài là x + " + f"{more} (m).",
        f"Ta có phương trình: x(x + {more}) = {grouped(area)}, hay "
        f"{polynomial((1, 'x^2'), (more, 'x'))} - {grouped(area)} = 0.",
        f"Δ = {more}^2 + 4 · {grouped(area)} = {grouped(root * root)} = {root}^2.",
        f"Suy ra x = {width} (thoả mãn) hoặc x = -{width + more} (loại).",
    )
    if asked == "chu vi":
        end: tuple[str, ...] = (f"Chu vi là: 2 · ({width} + {width + more}) = {result} (m).",)
        slip_end = (f"Chu vi là: {width} + {width + more} = {root} (m).",)
        slip = Slip("perimeter_not_doubled", f"{root} m", (*start, *slip_end))
    elif asked == "chiều dài":
        end = (f"Chiều dài là: {width} + {more} = {result} (m).",)
        slip = Slip("other_side", f"{width} m", start)
    else:
        end = ()
        slip = Slip("other_side", f"{width + more} m", (*start, f"Chọn {width + more} m."))
    return Draft(asked, (more, area), question, (*start, *end), f"{result} m", (slip,))


EARLIER = [  # (distance, slower speed, difference of speeds, minutes)
    (distance, v, more, distance * more * 60 // (v * (v + more)))
    for distance in range(30, 301, 10)
    for v in range(10, 81)
    for more in (2, 3, 4, 5, 6, 8, 10, 12, 15, 20)
    if distance * more * 60 % (v * (v + more)) == 0
    and 10 <= distance * more * 60 // (v * (v + more)) <= 90
    and (distance * more * 60 // (v * (v + more))) % 5 == 0
    and v <= distance <= 6 * v
]


def _earlier(rng: Random) -> Draft:
    distance, v, more, minutes = rng.choice(EARLIER)
    vehicle = "xe đạp" if v < 20 else "xe máy" if v < 45 else "ô tô"
    hours = Fraction(minutes, 60)
    question = rng.choice(
        (
            f"Hai {vehicle} cùng khởi hành từ A đến B cách nhau {distance} km. Vận tốc của xe "
            f"thứ nhất lớn hơn vận tốc của xe thứ hai {more} km/h nên xe thứ nhất đến B sớm hơn "
            f"{minutes} phút. Tính vận tốc của xe thứ hai.",
            f"Quãng đường AB dài {distance} km. Một {vehicle} đi từ A đến B rồi trở về với vận "
            f"tốc lớn hơn lúc đi {more} km/h, nhờ đó thời gian về ít hơn thời gian đi {minutes} "
            "phút. Tính vận tốc lúc đi.",
        )
    )
    product = v * (v + more)
    steps = (
        f"Gọi vận tốc cần tìm là x (km/h, x > 0), vận tốc kia là x + {more} (km/h).",
        f"Đổi {minutes} phút = {hours} giờ. Ta có phương trình: "
        f"{distance}/x - {distance}/(x + {more}) = {hours}.",
        f"Suy ra x(x + {more}) = {distance * more} : {hours} = {product}, "
        f"hay {polynomial((1, 'x^2'), (more, 'x'), (-product, ''))} = 0.".replace(
            f": {hours}", f": ({hours})"
        ),
        f"Giải phương trình, ta được x = {v} (thoả mãn) hoặc x = -{v + more} (loại).",
    )
    other = f"{v + more} km/h"
    slip = Slip("other_speed", other, (*steps[:3], f"Vận tốc cần tìm là {other}."))
    return Draft("earlier", (distance, more, minutes), question, steps, f"{v} km/h", (slip,))


def _consecutive(rng: Random) -> Draft:
    n, gap = rng.randint(3, 90), rng.choice((1, 1, 2))
    n += gap == 2 and n % 2
    product = n * (n + gap)
    what = "hai số tự nhiên liên tiếp" if gap == 1 else "hai số tự nhiên chẵn liên tiếp"
    question = rng.choice(
        (
            f"Tích của {what} bằng {grouped(product)}. Tìm hai số đó.",
            f"Tìm {what}, biết tích của chúng là {grouped(product)}.",
            f"Biết {what} có tích bằng {grouped(product)}. Hỏi đó là hai số nào?",
        )
    )
    answer = f"{n} và {n + gap}"
    steps = (
        f"Gọi số bé là x (x là số tự nhiên), số lớn là x + {gap}.",
        f"Ta có phương trình: x(x + {gap}) = {grouped(product)}, hay "
        f"{polynomial((1, 'x^2'), (gap, 'x'))} - {grouped(product)} = 0.",
        f"Giải phương trình, ta được x = {n} (thoả mãn) hoặc x = -{n + gap} (loại).",
        f"Vậy hai số đó là {answer}.",
    )
    lost = f"{n - gap} và {n}"
    slip = Slip("other_neighbour", lost, (*steps[:2], f"x = {n}. Vậy hai số đó là {lost}."))
    return Draft("consecutive", (product, gap), question, steps, answer, (slip,))


KINDS = {
    "system_words": Kind(9, "ALG.SYSTEM", "prices, digits, currents and counts", system_words, 2),
    "two_numbers": Kind(9, "ALG.QUAD", "two numbers from their sum and product", two_numbers, 2),
    "quadratic_words": Kind(
        9, "ALG.QUAD", "sides, speeds, neighbours by a square", quadratic_words, 3
    ),
}
