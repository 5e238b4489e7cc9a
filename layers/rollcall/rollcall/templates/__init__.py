"""New User Templates, and the access that they grant."""
