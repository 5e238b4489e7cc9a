"""The deployment rehearsed on one machine: the real template, by the real `sam deploy`."""
