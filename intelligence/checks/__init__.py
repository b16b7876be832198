"""Checks over all items of a case or a bundle: facts that speak for or against what is claimed, and never a verdict."""

from intelligence.checks.check import check_material
from intelligence.checks.finding import CheckFinding
from intelligence.checks.material import Material, material_of

__all__ = ["CheckFinding", "Material", "check_material", "material_of"]
