"""Golden values of metrics."""

from collections.abc import Callable
from typing import Any

import pytest
from numpy.typing import NDArray

Golden = Callable[[str], dict[str, NDArray[Any]]]


@pytest.fixture(scope="session")
def golden(golden_values) -> Golden:
    """Reads one file of them."""
    return lambda name: golden_values(f"metrics/{name}")
