"""Events for each function, the ways to run them, and their expected answers."""
