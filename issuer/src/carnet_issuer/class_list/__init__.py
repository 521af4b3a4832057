"""A training body's own spreadsheet, read so that no row is lost."""
