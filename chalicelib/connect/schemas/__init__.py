"""What crosses the wire about imports: files and runs, columns, previews, undoing."""
