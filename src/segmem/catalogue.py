"""The models that ship with the package: one card for each file of weights. Loads no network."""

from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from segmem.core import Kind, Settings
from segmem.core.errors import UnknownModelError, UsageError, WeightsError, nearest

PACKAGED = "litemedsam"
"""A name for the network whose weights come with a registry package."""
SHIPPED = Path(__file__).parent / "models"


class Figure(Settings):
    """One measured number, with what it takes to measure it again."""

    what: str
    value: float | str
    command: str


class Card(Settings):
    """What a user must know of a model before using it."""

    name: str
    description: str
    task: str
    input: Kind | Literal["any"]
    """The kind of input the model calls its own."""
    prompted: bool = False
    """Whether it segments objects that are prompted, rather than classes it names by itself."""
    classes: tuple[str, ...]
    """Index 0 is background."""
    parameters: int
    size_bytes: int
    """Of the weights' file."""
    weights_licence: str
    data: str
    """What it was trained on."""
    data_licence: str
    numbers: tuple[Figure, ...]
    hardware: str
    """What it was trained and timed on."""
    limits: str
    """Where it must not be trusted."""
    sha256: str
    """Of the weights' file."""
    citation: str
    bank_sha256: str | None = None
    """Of the memory of other cases that it reads, where it has one."""
    usual: bool = True
    """Whether it is taken, among those that fit, where none is named."""

    def accepts(self, kind: Kind) -> bool:
        """Whether it can segment `kind`: a scan needs a scan's model, an image is a video of one frame."""
        return self.input == "any" or (self.input == "volume") == (kind == "volume")

    def summary(self) -> str:
        """A few lines for a list."""
        figures = "; ".join(f"{figure.what} {figure.value}" for figure in self.numbers)
        return (
            f"{self.name}  ({self.input}, {self.size_bytes / 1e6:.1f} MB, {self.weights_licence})\n"
            f"    {self.task}\n"
            f"    classes: {', '.join(self.classes[1:])}\n"
            f"    {figures}"
        )

    def text(self) -> str:
        """All of it, for reading."""
        plain = self.model_dump(exclude={"numbers", "classes"}, exclude_none=True)
        lines = [f"{field.replace('_', ' ')}: {value}" for field, value in plain.items()]
        lines.append(f"classes: {', '.join(f'{i} {name}' for i, name in enumerate(self.classes))}")
        lines += [
            f"{figure.what}: {figure.value}   (measured with: {figure.command})" for figure in self.numbers
        ]
        return "\n".join(lines)


def cards(folder: Path = SHIPPED) -> list[Card]:
    """The cards of all shipped models, by name.

    Raises:
        WeightsError: a card does not say what it must.
    """
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def card(name: str, folder: Path = SHIPPED) -> Card:
    """The card of one shipped model.

    Raises:
        UnknownModelError: none has that name; the nearest is named.
    """
    path = folder / f"{name}.json"
    if "/" in name or "\\" in name or not path.is_file():
        known = sorted(path.stem for path in folder.glob("*.json"))
        raise UnknownModelError(f"No model is called {name!r}.{nearest(name, known)} See `segmem models`.")
    return _read(path)


def choose(kind: Kind, prompted: bool = False, folder: Path = SHIPPED) -> str:
    """The name of the one usual model that calls `kind` its own, or of the one that takes prompts.

    Raises:
        UsageError: none or several do, or `kind` is a volume, whose model a person must choose.
    """
    known = [c for c in cards(folder) if c.prompted == prompted]
    own = [c.name for c in known if c.usual and c.input in {kind, "any"}]
    if (kind != "volume" or prompted) and len(own) == 1:
        return own[0]
    usable = ", ".join(c.name for c in known if c.accepts(kind)) or "none is shipped"
    if prompted and not known:
        raise UsageError(
            "No model that takes prompts is shipped. Name one with -m: litemedsam (needs pip install"
            " 'segmem[litemedsam]'), or a SAM2 or MedSAM2 checkpoint."
        )
    why = (
        "A scan's model must be named" if kind == "volume" else f"{len(own)} models are made for {kind} input"
    )
    raise UsageError(f"{why}: choose one with -m. Models that take a {kind}: {usable}.")


def _read(path: Path) -> Card:
    try:
        return Card.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise WeightsError(
            f"The card {path.name} cannot be read: {field or 'file'}: {first['msg']}."
        ) from error
