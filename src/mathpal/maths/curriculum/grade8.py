"""Grade 8: algebra up to linear equations and functions, Pythagoras, Thales, pyramids, data."""

from mathpal.maths.curriculum import (
    grade8_equations,
    grade8_expressions,
    grade8_fractions,
    grade8_geometry,
    grade8_problems,
    grade8_statistics,
    grade8_triangles,
)

KINDS = {
    **grade8_expressions.KINDS,
    **grade8_fractions.KINDS,
    **grade8_equations.KINDS,
    **grade8_problems.KINDS,
    **grade8_triangles.KINDS,
    **grade8_geometry.KINDS,
    **grade8_statistics.KINDS,
}
