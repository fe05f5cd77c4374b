"""What an evaluation's report is made of, a section a file."""
