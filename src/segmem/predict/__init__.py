"""Run a segmenter over frames and files: one stream, a whole case in memory, or many cases to a folder."""
