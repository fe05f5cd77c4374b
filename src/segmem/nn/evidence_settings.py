"""What class evidence may be told: sizes, and how much each of its sources weighs."""

from pydantic import Field

from segmem.core import Settings


class EvidenceSettings(Settings):
    """The class evidence, in values."""

    width: int = Field(default=64, ge=1)
    """Channels of the keys by which cells are found again."""
    parts: int = Field(default=4, ge=1)
    """A cell keeps the classes of its parts x parts parts, so that what is smaller than a cell is found."""
    cells: int = Field(default=1024, ge=1)
    """Most cells of a frame; a finer feature map is averaged down to it."""
    reach: float = Field(default=2.0, gt=0)
    """Cells that things are expected to move between two memories, before anything is learnt."""
    fade: float = Field(default=1.0, ge=0)
    """A remembered frame has exp(-fade) of the weight of the next more recent one, before anything is learnt. Old
    frames are of use all the same: what looks like any of them is not strange."""
    follow: bool = True
    """What is remembered is moved as far as the view has moved since, before it is read."""
    floor: float = Field(default=0.45, ge=0, lt=1)
    """The weight of the past where the present is clear; where it is surely spoilt the past has all."""
    lean: float = 1.0
    """Added to the gate's logit that a place is spoilt, where on new video it is less sure than it should be."""
    strange: float = Field(default=15.0, ge=0)
    """Logits that a place is spoilt, gained by losing all likeness (cosine, 1 to 0) to what is remembered."""
    discriminant: float = Field(default=0.1, ge=0)
    """Weight, beside the present's and the past's, of what a place shows by its looks alone, judged by all that the
    stream has shown of each class, and as far as most of the frame is clear; 0: that is not asked."""
    steady: float = Field(default=0.5, ge=0, lt=1)
    """Weight of the answer to the frame before where the picture has not changed since, against flicker; 0: none."""
    usual: float = Field(default=0.8, gt=0, le=1)
    """Likeness to what is remembered that says neither that a place is spoilt nor that it is clear."""
