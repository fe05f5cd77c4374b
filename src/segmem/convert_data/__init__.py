"""Datasets of one layout become datasets of another: labels by name, scans to the bit."""
