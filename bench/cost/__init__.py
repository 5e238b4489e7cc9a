"""What Rollcall costs on AWS, computed from measured figures and a price file."""
