"""How grades 6 and 7 write numbers: signs in brackets, powers, chains of equal expressions."""

from collections.abc import Mapping
from fractions import Fraction

TASKS = ("Tính: ", "Thực hiện phép tính: ", "Tính giá trị của biểu thức: ")
PLACES = {
    -3: "hàng nghìn",
    -2: "hàng trăm",
    -1: "hàng chục",
    0: "hàng đơn vị",
    1: "hàng phần mười",
    2: "hàng phần trăm",
    3: "hàng phần nghìn",
}
"""How many decimal places are kept -> the place to which a number is rounded."""


def signed(value: int | Fraction | str) -> str:
    """Write a number as it stands behind a sign: a negative one in brackets.

    >>> signed(-3), signed(Fraction(3, 4)), signed("-2,5")
    ('(-3)', '3/4', '(-2,5)')
    """
    text = str(value)
    return f"({text})" if text.startswith("-") else text


def base(value: Fraction) -> str:
    """Write the base of a power: a fraction and a negative number stand in brackets.

    >>> base(Fraction(-2, 3)), base(Fraction(5))
    ('(-2/3)', '5')
    """
    return str(value) if value.denominator == 1 and value >= 0 else f"({value})"


def worked(*sides: str) -> str:
    """Write a chain of equal expressions, one a line.

    >>> worked("2 + 3 · 4", "2 + 12", "14")
    'Ta có:\\n2 + 3 · 4\\n= 2 + 12\\n= 14'
    """
    return "Ta có:\n" + "\n= ".join(sides)


def factorise(number: int) -> dict[int, int]:
    """Return the prime factors of a number with their exponents.

    >>> factorise(360)
    {2: 3, 3: 2, 5: 1}
    """
    powers: dict[int, int] = {}
    prime = 2
    while prime * prime <= number:
        while number % prime == 0:
            powers[prime] = powers.get(prime, 0) + 1
            number //= prime
        prime += 1
    if number > 1:
        powers[number] = powers.get(number, 0) + 1
    return powers


def power_product(powers: Mapping[int, int]) -> str:
    """Write a product of powers.

    >>> power_product({2: 3, 3: 1})
    '2^3 · 3'
    """
    return " · ".join(f"{p}^{e}" if e > 1 else str(p) for p, e in powers.items()) or "1"


def polynomial(coefficients: Mapping[int, int], variable: str = "x") -> str:
    """Write a polynomial from its coefficients by degree, in the order in which they come.

    >>> polynomial({3: -2, 1: 1, 0: -5}), polynomial({2: 0})
    ('-2x^3 + x - 5', '0')
    """
    text = ""
    for degree, factor in coefficients.items():
        if factor:
            power = "" if degree == 0 else variable if degree == 1 else f"{variable}^{degree}"
            size = "" if abs(factor) == 1 and power else str(abs(factor))
            sign = " - " if factor < 0 else " + "
            text += (sign if text else sign.strip(" +")) + size + power
    return text or "0"


def added(value: int) -> str:
    """Write a whole number as a further term of a sum.

    >>> added(3), added(-3)
    ('+ 3', '- 3')
    """
    return f"- {-value}" if value < 0 else f"+ {value}"
