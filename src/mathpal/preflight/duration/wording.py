"""Times, prices and operations as people say them, no more exact than an estimate is."""

from __future__ import annotations

UNITS = ((1e21, "ZFLOP"), (1e18, "EFLOP"), (1e15, "PFLOP"), (1e12, "TFLOP"), (1e9, "GFLOP"))


def span(seconds: float) -> str:
    """Write a time to about two digits.

    >>> [span(s) for s in (0.31, 8.2, 47, 118, 750, 5000, 8000, 200_000)]
    ['1 s', '8 s', '45 s', '2 min', '12 min', '1 h 20 min', '2 h 10 min', '2 days 8 h']
    """
    if seconds < 57.5:
        return f"{max(1, round(seconds))} s" if seconds < 20 else f"{5 * round(seconds / 5)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        hours, rest = divmod(10 * round(minutes / 10), 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, hours = divmod(round(minutes / 60), 24)
    unit = "day" if days == 1 else "days"
    return f"{days} {unit} {hours} h" if hours else f"{days} {unit}"


def money(dollars: float) -> str:
    """Write a price in dollars and cents; one below a cent as such.

    >>> money(0.42), money(0.0042), money(1240.4), money(0.0)
    ('$0.42', 'less than $0.01', '$1,240', '$0.00')
    """
    if 0 < dollars < 0.01:
        return "less than $0.01"
    return f"${dollars:,.2f}" if dollars < 1000 else f"${dollars:,.0f}"


def operations(number: float) -> str:
    """Write a count of floating-point operations.

    >>> operations(3.21e15), operations(5e6)
    ('3.21 PFLOP', '0.005 GFLOP')
    """
    for unit, name in UNITS:
        if number >= 0.9995 * unit:
            return f"{number / unit:.3g} {name}"
    return f"{number / 1e9:.3g} GFLOP"
