"""Network parts, one idea a file. They know nothing of streams, files or banks."""
