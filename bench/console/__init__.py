"""What each page and each act of the console takes of a large deployment."""
