"""Changes of the table become journal entries and events."""
