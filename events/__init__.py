"""The events that try each function, where they run, and what they are answered."""
