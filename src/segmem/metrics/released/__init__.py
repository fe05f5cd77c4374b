"""Scores as the released code of three papers computes them, faults and all, so that published tables can be read.

Never a score to report: `metrics.overlap` and `metrics.temporal` hold those.
"""
