"""What the benchmarks of speed compare, each made in a process of its own."""
