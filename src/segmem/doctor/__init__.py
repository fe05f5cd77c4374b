"""What a path holds, what is wrong with it, and what to do. It reads, and writes only corrected copies."""
