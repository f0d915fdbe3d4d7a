"""Rebuilds a hospital's rows from the vault, and tells what the stream did not [PLUS-04].

    python -m iac.operator reconcile

1. `deployment.py` refuses names that are not of one deployment; `reading.py` reads the journal: what was decided.
   `listing.py` gives agents that the index does not list their place in it.
2. Where rows lack something, `rebuilding.py` closes the hospital to ingest, notify and its patients (`announcing.py`: also where
   no row is left to say so), writes the decisions, takes every manifest, declaration and report again with ingest's own code,
   decides every exam, and gives lost links back.
3. `telling.py` compares all rows with the journal: what was never told is told now. What arrived meanwhile is queued once more.
   Then the hospital opens.

All it writes in step 2 is marked as replayed, so that `publish` passes over it. Stopped anywhere, it begins again and goes on.
On a table that is whole it writes nothing. `differences.py` says what a rebuilt one may lack.
"""
