"""The lake: a line for each study in its row, the lines of a month in a Parquet file, and searches over both.

`lines.py` keeps the rows, `compacting.py` the files, `searching.py` asks; `files.py` is DuckDB and its files on disk.
"""
