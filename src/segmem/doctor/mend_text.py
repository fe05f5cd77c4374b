"""A NRRD or MHA without the texts in its header; what places the voxels, and the voxels, keep their bytes."""

from pathlib import Path

from segmem.doctor.header_text import split_header, texts_of
from segmem.io.formats import suffix


def mend(source: Path, target: Path) -> list[str]:
    """Write the copy; what was changed, in words."""
    lines, end, body = split_header(source.read_bytes(), suffix(source))
    kept = [line for line in lines if not texts_of([line], suffix(source))]
    target.write_bytes(b"\n".join(kept) + end + body)
    return [f"{len(lines) - len(kept)} lines of text were left out of the header"]
