"""How a DICOM file's pixels are packed, and whether this installation can unpack them."""

from segmem.io.dicom.files import pydicom

VIDEO = {
    **{f"1.2.840.10008.1.2.4.{number}": "mpeg" for number in (100, 101)},
    **{f"1.2.840.10008.1.2.4.{number}.1": "mpeg" for number in (100, 101)},
    **{f"1.2.840.10008.1.2.4.{number}": "h264" for number in (102, 103, 104, 105, 106)},
    **{f"1.2.840.10008.1.2.4.{number}.1": "h264" for number in (102, 103, 104, 105, 106)},
    **{f"1.2.840.10008.1.2.4.{number}": "hevc" for number in (107, 108)},
}
"""Transfer syntaxes whose whole pixel data is one stream of video, decoded as a video file is."""


def can_decode(syntax: str) -> bool:
    """Whether pixels of this transfer syntax can be read here; none stated is taken as plain."""
    if not syntax or syntax in VIDEO:
        return True
    dicom = pydicom()
    uid = dicom.uid.UID(syntax)
    if uid.is_private or not uid.is_transfer_syntax:
        return True  # old files write nonsense here, and are plain
    if not uid.is_compressed or uid == dicom.uid.DeflatedExplicitVRLittleEndian:
        return True
    try:
        return bool(dicom.pixels.get_decoder(uid).is_available)
    except NotImplementedError:  # pydicom's answer to a packing that it has no decoder for
        return False


def packed(syntax: str) -> bool:
    """Whether a file of this transfer syntax may be shorter than its pixels; none stated is taken as plain."""
    uid = pydicom().uid.UID(syntax)
    return bool(syntax) and bool(uid.is_transfer_syntax) and not uid.is_private and bool(uid.is_compressed)


def syntax_name(syntax: str) -> str:
    """A transfer syntax in DICOM's words."""
    return str(pydicom().uid.UID(syntax).name)
