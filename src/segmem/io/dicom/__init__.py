"""DICOM: series in; DICOM-SEG and RTSTRUCT in and out."""
