"""The short list of public names, and what they cost before they are used."""

import subprocess
import sys

import pytest

import segmem

HEAVY = ("torch", "numpy", "av", "nibabel", "segmentation_models_pytorch", "timm", "rich", "pydantic", "PIL")


def loaded_after(code: str) -> set[str]:
    """Which heavy packages a fresh Python has loaded after `code`."""
    ask = f"{code}\nimport sys\nprint('LOADED', *(n for n in {HEAVY!r} if n in sys.modules))"
    ran = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)  # noqa: S603
    return set(ran.stdout.splitlines()[-1].split()[1:])


def test_these_names_are_public_and_no_others():
    assert segmem.__all__ == [
        "Clip",
        "Geometry",
        "Labels",
        "Prediction",
        "Prompt",
        "SegmemError",
        "State",
        "VideoPredictor",
        "__version__",
        "load",
        "models",
        "segment",
        "stream",
        "tmam",
    ]
    assert dir(segmem) == segmem.__all__


@pytest.mark.parametrize("name", segmem.__all__)
def test_every_public_name_can_be_had(name):
    assert getattr(segmem, name) is not None


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'segmen'"):
        _ = segmem.segmen


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_after("import segmem, segmem.core.errors") <= {"pydantic"}
    assert loaded_after("import segmem") == set()


def test_help_loads_nothing_heavy():
    assert loaded_after("from segmem.__main__ import main\nmain(['--help'])") == set()
    of_a_verb = loaded_after("from segmem.__main__ import main\nmain(['predict', '--help'])")
    assert of_a_verb <= {"pydantic"}  # which typer itself asks about ranges


def test_listing_the_models_loads_no_network():
    assert loaded_after("from segmem.__main__ import main\nmain(['models'])") <= {"pydantic"}
