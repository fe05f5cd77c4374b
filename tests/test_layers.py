"""Each part of the package imports only from parts below it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "src" / "segmem"

LAYERS = (
    *(
        "core",
        "io",
        "catalogue",
        "manifest",
        "ops",
        "metrics",
        "report",
        "memory",
        "nn",
        "data",
        "convert_data",
    ),
    *(
        "state",
        "encoding",
        "asks",
        "rows",
        "banks",
        "across",
        "decoding",
        "segmenter",
        "prompted",
        "volumetric",
        "two_stages",
        "methods",
        "convert",
    ),
    *(
        "predict",
        "doctor",
        "medbank",
        "evaluate",
        "train",
        "continual",
        "reproduce",
        "demo",
        "sidebyside",
        "cli",
        "__main__",
    ),
)
"""Bottom first. `__init__` is the list of public names and stands outside."""


def part_of(module: str) -> str:
    """`segmem.io.video` -> `io`."""
    return [*module.split("."), "__init__"][1]


def imported(source: str) -> Iterator[str]:
    """Every module of ours that a file imports, wherever in it, as `segmem.part...`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.split(".")[0] == "segmem")
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "segmem.relative"  # not used here: a reader should see where a name comes from
            elif node.module == "segmem":
                yield from (f"segmem.{name.name}" for name in node.names)
            elif node.module and node.module.startswith("segmem."):
                yield node.module


def upward(part: str, source: str) -> list[str]:
    """The imports of a file in `part` that do not point to a lower part or a sibling."""
    height = LAYERS.index(part)
    allowed = {"__version__", *LAYERS[: height + 1]}
    return [module for module in imported(source) if part_of(module) not in allowed]


def files() -> list[Path]:
    return [
        path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "__init__.py" or path.parent != PACKAGE
    ]


def part_of_file(path: Path) -> str:
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_import_points_upward(path):
    part = part_of_file(path)
    if part in {"models", "presets"}:  # data; what is there in Python names nothing of ours
        assert not list(imported(path.read_text(encoding="utf-8")))
        return
    assert upward(part, path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("core", "from segmem.io.video import VideoFile"),
        ("io", "import segmem.memory.bank"),
        ("memory", "def f():\n    from segmem.state import State"),
        ("asks", "from segmem.prompted import PromptedSegmenter"),
        ("methods", "from segmem.convert import convert_weights"),
        ("metrics", "from segmem import predict"),
        ("nn", "from ..methods import tmam"),
    ],
)
def test_a_planted_upward_import_is_found(part, source):
    assert len(upward(part, source)) == 1


def test_imports_downward_and_among_siblings_are_allowed():
    source = "from segmem.core import Clip\nfrom segmem.memory import bank\nimport torch\nimport segmemory"
    assert upward("memory", source) == []
