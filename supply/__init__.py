"""What Rollcall is made of that others wrote: bills of materials, licences, advisories."""
