"""A rehearsal of the deployment on one machine, with the real template and `sam deploy`."""
