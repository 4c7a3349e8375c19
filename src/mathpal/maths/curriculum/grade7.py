"""Grade 7: rational numbers, proportions, polynomials, triangles and prisms, charts and chance."""

from mathpal.maths.curriculum import (
    grade7_data,
    grade7_geometry,
    grade7_numbers,
    grade7_polynomials,
    grade7_proportions,
    grade7_solids,
)

KINDS = {
    **grade7_numbers.KINDS,
    **grade7_proportions.KINDS,
    **grade7_polynomials.KINDS,
    **grade7_geometry.KINDS,
    **grade7_solids.KINDS,
    **grade7_data.KINDS,
}
