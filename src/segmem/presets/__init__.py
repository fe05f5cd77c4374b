"""Whole experiments as YAML data, validated by `segmem.train.settings`."""
