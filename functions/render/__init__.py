"""Thumbnails, film pages and report PDFs, made after images or a release arrived."""
