"""SMS providers behind one port: `port.py` says what they promise, `providers.py` chooses one by the hospital's settings."""
