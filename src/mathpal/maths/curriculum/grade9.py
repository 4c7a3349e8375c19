"""Grade 9: surds, systems, quadratic equations, trigonometry, circles, round solids, chance."""

from mathpal.maths.curriculum import (
    grade9_circle,
    grade9_equations,
    grade9_functions,
    grade9_inequalities,
    grade9_probability,
    grade9_problems,
    grade9_roots,
    grade9_solids,
    grade9_statistics,
    grade9_triangles,
)

KINDS = {
    **grade9_roots.KINDS,
    **grade9_equations.KINDS,
    **grade9_functions.KINDS,
    **grade9_inequalities.KINDS,
    **grade9_problems.KINDS,
    **grade9_triangles.KINDS,
    **grade9_circle.KINDS,
    **grade9_solids.KINDS,
    **grade9_statistics.KINDS,
    **grade9_probability.KINDS,
}
