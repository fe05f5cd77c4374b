"""Files to clips, label maps to files. Knows formats, nothing of models."""
