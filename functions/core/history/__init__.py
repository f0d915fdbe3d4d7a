"""What a hospital's journal says, and the rows that it gives back when they are lost [PLUS-04].

`folding.py` reads the events, in whatever order and however often they come; `standing.py` says what a row should be after them.
"""
