"""Makes each function's bundle for Lambda: `make package`.

`target.py` what it is built for, `sources.py` our own files, `wheels.py` the libraries (`wheels.txt` pins them by digest),
`trimming.py` and `stripping.py` what of them stays out, `compiled.py` the compiled files, `bundle.py` puts them together,
`imports.py` what a handler can reach.
"""
