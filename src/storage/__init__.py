"""What lies on the disk: files that are never torn, records, run folders, studies, provenance."""
