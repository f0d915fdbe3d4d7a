"""Takes images from modalities: Storage and Verification SCP.

It reads the bytes of an association itself, from the request on (associate.py, pdata.py): a general DIMSE engine costs more
than the disk does (docs/adr/0006-receiving.md).
"""
