"""Takes images from modalities: Storage and Verification SCP.

pynetdicom's PDU classes negotiate the association (negotiation.py); from then on the receiver reads P-DATA itself
(pdata.py), because a general DIMSE engine costs more than the disk does (design §9).
"""
