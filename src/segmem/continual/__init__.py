"""Learning task after task: a stream of tasks, ways not to forget, and what is kept of each."""
