"""The house: imports run down, and never in a circle; a class name stands for one thing."""

from __future__ import annotations

import ast
from collections import defaultdict
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[1]
FLOORS = ("hashing", "capture exports", "intelligence", "fleet", "validation commands", "cli")
"""From the ground up; rooms of one floor do not import each other, except `commands`, which runs `validation`."""


@cache
def modules() -> dict[str, ast.Module]:
    """Return every module of the product by its dotted name."""
    found = {"cli": ROOT / "cli.py"}
    for top in " ".join(FLOORS).split():
        for path in (ROOT / top).rglob("*.py"):
            found[".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")] = path
    return {name: ast.parse(path.read_text("utf-8")) for name, path in found.items()}


@cache
def imports() -> dict[str, set[str]]:
    """Return, for each module, the modules of ours that it imports, also late ones and those for types alone."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                for each in node.names:
                    full = f"{node.module}.{each.name}"
                    target = full if full in modules() else node.module
                    if target in modules() and target != name:
                        found[name].add(target)
    return found


@cache
def rooms() -> set[str]:
    """Return the folders that modules stand in, two levels deep."""
    return {".".join(name.split(".")[:2]) for name in modules() if name.count(".") > 1}


def room(module: str) -> str:
    """Return the folder that a module stands in, two levels deep at the most."""
    parts = module.split(".")
    return ".".join(parts[:2]) if len(parts) > 2 or ".".join(parts[:2]) in rooms() else parts[0]


def circle(graph: dict[str, set[str]]) -> list[str]:
    """Return the nodes of a circle, if there is one."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_module_imports_in_a_circle() -> None:
    """Not even late, or for types alone."""
    assert len(imports()) > 300
    assert circle(imports()) == []


def test_no_room_imports_in_a_circle() -> None:
    """A folder stands on others, and none of these on it; what stands beside folders is on no floor of its own."""
    graph: dict[str, set[str]] = defaultdict(set)
    for name, targets in imports().items():
        graph[room(name)] |= {room(each) for each in targets if "." in room(each)} - {room(name)}
    graph = {name: targets for name, targets in graph.items() if "." in name}
    assert circle(graph) == []


def test_imports_run_down() -> None:
    """Nothing imports what stands above it, and exports never import capture."""
    floor = {top: number for number, tops in enumerate(FLOORS) for top in tops.split()}
    for name, targets in imports().items():
        top = name.partition(".")[0]
        for target in targets:
            other = target.partition(".")[0]
            assert top == other or floor[other] < floor[top] or (top, other) == ("commands", "validation"), (
                name,
                target,
            )


def test_a_class_name_stands_for_one_thing() -> None:
    """A name that is found once is found at once."""
    places: dict[str, list[str]] = defaultdict(list)
    for name, tree in modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(name)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
