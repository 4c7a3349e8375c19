"""Grade 6: divisibility, integers, fractions and percentages, plane figures, data and chance."""

from mathpal.maths.curriculum import (
    grade6_amounts,
    grade6_data,
    grade6_divisibility,
    grade6_expressions,
    grade6_geometry,
)

KINDS = {
    **grade6_divisibility.KINDS,
    **grade6_expressions.KINDS,
    **grade6_amounts.KINDS,
    **grade6_geometry.KINDS,
    **grade6_data.KINDS,
}
