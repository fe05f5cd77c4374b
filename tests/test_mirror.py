"""Each test file names a source file, and each source file with logic has its test file."""

import ast
from pathlib import Path

TESTS = Path(__file__).parent
PACKAGE = TESTS.parent / "src" / "segmem"

ELSEWHERE = {"contract", "parity", "e2e"}
"""Folders of promises that span the package."""
WHOLE = {"test_layers.py", "test_links.py", "test_mirror.py", "test_public.py"}
"""Tests of the shape of the package and of its pages."""


def source_of(test: Path) -> Path:
    """`tests/io/test_video.py` -> `io/video.py`; a module named for dunder is written without."""
    name = test.name.removeprefix("test_")
    return test.parent / ("__main__.py" if name == "main.py" else name)


def has_logic(path: Path) -> bool:
    """Whether a file defines a function that does something, or a class with such a method."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.FunctionDef) and not _says_nothing(node) for node in ast.walk(tree))


def _says_nothing(function: ast.FunctionDef) -> bool:
    """Of a Protocol: a docstring and dots."""
    return all(isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) for line in function.body)


def test_each_test_file_names_a_source_file():
    lost = []
    for path in sorted(TESTS.rglob("test_*.py")):
        place = path.relative_to(TESTS)
        if place.parts[0] in ELSEWHERE or str(place) in WHOLE:
            continue
        if not (PACKAGE / source_of(place)).is_file():
            lost.append(str(place))
    assert lost == []


def test_each_source_file_with_logic_has_a_test_file():
    untested = []
    for path in sorted(PACKAGE.rglob("*.py")):
        place = path.relative_to(PACKAGE)
        if path.name == "__init__.py" or not has_logic(path):
            continue
        if not (TESTS / place.parent / f"test_{place.stem.strip('_')}.py").is_file():
            untested.append(str(place))
    assert untested == []


def test_a_protocol_alone_counts_as_no_logic(tmp_path):
    path = tmp_path / "p.py"
    path.write_text('class P:\n    def ask(self) -> int:\n        """What?"""\n        ...\n')
    assert not has_logic(path)


def test_a_function_counts_as_logic(tmp_path):
    path = tmp_path / "p.py"
    path.write_text('def add(a, b):\n    """Sum."""\n    return a + b\n')
    assert has_logic(path)
