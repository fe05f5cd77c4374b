"""MedBank, built from public datasets that a user has: slices, windows, binary masks, lists and a manifest."""
