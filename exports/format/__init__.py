"""The form of a bundle: layout, records, reading folders and zips. The ground of exports."""
