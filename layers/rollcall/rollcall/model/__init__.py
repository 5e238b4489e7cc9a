"""What Rollcall keeps beyond the RFCs, pure: records, links, access, match keys, redaction."""
