"""Names of formats that other programs write and segmem does not read."""

from pathlib import Path

_PROGRAMS = {
    ".mgz": "FreeSurfer scan",
    ".mgh": "FreeSurfer scan",
    ".mnc": "MINC scan",
    ".par": "Philips PAR/REC scan",
    ".rec": "Philips PAR/REC scan",
    ".head": "AFNI scan",
    ".brik": "AFNI scan",
    ".hdr": "Analyze scan or a NIfTI pair",
    ".img": "Analyze scan or a NIfTI pair",
    ".mhd": "MetaImage in two files",
    ".nhdr": "NRRD in two files",
    ".trk": "tractogram, not a scan",
    ".tck": "tractogram, not a scan",
    ".gii": "surface, not a scan",
    ".npz": "NumPy archive",
    ".npy": "NumPy array",
    ".zip": "archive; unpack it first",
    ".tar": "archive; unpack it first",
    ".gz": "compressed file; unpack it first",
    ".pkl": "Python pickle, which can run code; it was not opened",
    ".json": "JSON file",
    ".csv": "table",
}


def program_of(path: Path) -> str:
    """What an unread file is by its name, in words."""
    name = next(
        (end for end in reversed(path.suffixes) if end.lower() in _PROGRAMS and end != ".gz"), path.suffix
    )
    told = _PROGRAMS.get(name.lower())
    if told is None:
        return f"the suffix {path.suffix or '(none)'!r} is not known, and it is no DICOM file"
    return f"by its name a {told}"
