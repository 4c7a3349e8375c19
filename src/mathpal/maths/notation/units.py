"""Units of Vietnamese school problems, with exact factors to one unit of each dimension.

Names are matched in lower case with the longest first. Dimensions are strings: two units convert
into each other if theirs are equal, so litres are a volume and `nghìn đồng` is money.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache


@dataclass(frozen=True)
class Unit:
    """A unit of measurement: `factor` of its dimension's first unit."""

    name: str
    dimension: str
    factor: Fraction

    def __str__(self) -> str:
        return self.name


LENGTHS = {"mm": "1/1000", "cm": "1/100", "dm": "1/10", "m": "1", "dam": "10", "hm": "100"}
LENGTHS["km"] = "1000"

TABLE: dict[str, tuple[tuple[str, str], ...]] = {
    "length": (
        ("mm", "mm|mi-li-mét|mi li mét|milimét|milimet"),
        ("cm", "cm|xăng-ti-mét|xăng ti mét|xentimét|xăngtimét|centimet|xen-ti-mét"),
        ("dm", "dm|đề-xi-mét|đề xi mét|đêximét|decimet"),
        ("m", "m|mét|met"),
        ("dam", "dam|đề-ca-mét"),
        ("hm", "hm|héc-tô-mét"),
        ("km", "km|ki-lô-mét|ki lô mét|kilômét|kilomet|cây số"),
    ),
    "mass": (
        ("1/1000000", "mg|mi-li-gam"),
        ("1/1000", "g|gam|gram"),
        ("1/100", "dag|đề-ca-gam"),
        ("1/10", "hg|héc-tô-gam|lạng"),
        ("1", "kg|ki-lô-gam|ki lô gam|kilôgam|kilogram|ki-lo-gam"),
        ("10", "yến"),
        ("100", "tạ"),
        ("1000", "tấn"),
    ),
    "time": (
        ("1", "giây|s"),
        ("60", "phút|min|ph"),
        ("3600", "giờ|h|tiếng|tiếng đồng hồ|hour"),
        ("86400", "ngày|day"),
        ("604800", "tuần lễ|tuần"),
    ),
    "years": (  # months and years have no fixed number of days
        ("1", "tháng"),
        ("12", "năm|tuổi"),
        ("1200", "thế kỉ|thế kỷ"),
    ),
    "money": (
        ("1", "đồng|vnđ|vnd|đ|₫"),
        ("1000", "nghìn đồng|ngàn đồng"),
        ("1000000", "triệu đồng"),
        ("1000000000", "tỉ đồng|tỷ đồng"),
    ),
    "share": (("1/100", "%|phần trăm"),),
    "angle": (("1", "°|độ"), ("1/60", "′")),
    "temperature": (("1", "°c|độ c|° c"),),
}
VOLUMES = (
    ("1/1000", "ml|mi-li-lít|mi li lít|mililít|cc"),
    ("1", "lít|l|lit"),
    ("100", "hl|héc-tô-lít"),
)  # in litres
AREAS = (("100", "a|are"), ("10000", "ha|héc-ta|hecta|héc ta"))  # in m²
SPEED_TIMES = (("giờ|h", 3600), ("phút|min", 60), ("giây|s", 1))
SCALES = {
    "chục": 10,
    "tá": 12,
    "nghìn": 10**3,
    "ngàn": 10**3,
    "triệu": 10**6,
    "tỉ": 10**9,
    "tỷ": 10**9,
}
"""A word behind a number -> what it multiplies the number by."""
SCALE = re.compile(rf"\s*\(?({'|'.join(SCALES)})(?![^\W\d_]|\s+số)(?!\s+đồng)", re.IGNORECASE)


def _build() -> tuple[dict[str, Unit], str]:
    """Return units by every spelling, and a pattern of them all, longest first."""
    units: dict[str, Unit] = {}

    def add(spellings: list[str], dimension: str, factor: Fraction) -> None:
        unit = Unit(spellings[0], dimension, factor)
        units.update((spelling, unit) for spelling in spellings)

    for dimension, rows in TABLE.items():
        for factor, names in rows:
            add(names.split("|"), dimension, Fraction(LENGTHS.get(factor, factor)))
    for factor, names in VOLUMES:
        add(names.split("|"), "volume", Fraction(factor))
    for factor, names in AREAS:
        add(names.split("|"), "area", Fraction(factor))
    for short, names in TABLE["length"]:
        metres = Fraction(LENGTHS[short])
        spellings = names.split("|")
        add([f"{n}{p}" for n in spellings for p in ("²", "^2", "2", " vuông")], "area", metres**2)
        add(
            [f"{n}{p}" for n in spellings for p in ("³", "^3", "3", " khối")],
            "volume",
            metres**3 * 1000,
        )
        for times, seconds in SPEED_TIMES:
            per = [
                f"{n}{p}{t}"
                for n in spellings
                for t in times.split("|")
                for p in ("/", " / ", " trên ", " mỗi ", " một ")
            ]
            add([p for p in per if p], "speed", metres / seconds)
    pattern = "|".join(re.escape(name) for name in sorted(units, key=len, reverse=True))
    return units, pattern


UNITS, PATTERN = _build()
"""Units by every spelling in lower case; and a pattern of the spellings, longest first."""

DATE = Unit("ngày", "date", Fraction(1))
"""A day of the calendar, as the number yyyymmdd; the year 0 where none is given."""

AFTER = re.compile(
    rf"\s*(?:\(\s*(?=[^()]*\)))?({PATTERN})(?![^\W\d_]|[²³]|\^?[23](?![\d.,]))", re.IGNORECASE
)


@cache
def unit(name: str) -> Unit | None:
    """Return the unit of a name or sign, or None if it is none.

    >>> unit("cm²"), unit("lít").dimension, unit("quả")
    (Unit(name='cm²', dimension='area', factor=Fraction(1, 10000)), 'volume', None)
    """
    return UNITS.get(name.lower())


def convert(value: Fraction, source: str, target: str) -> Fraction:
    """Convert a value exactly.

    Raises: ValueError for an unknown unit, or two of different dimensions.

    >>> convert(Fraction(3, 2), "giờ", "phút"), convert(Fraction(2), "dm³", "lít")
    (Fraction(90, 1), Fraction(2, 1))
    """
    old, new = unit(source), unit(target)
    if old is None or new is None or old.dimension != new.dimension:
        raise ValueError(f"{source} cannot be converted into {target}")
    return value * old.factor / new.factor
