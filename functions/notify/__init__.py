"""Tells the patient, once, that an exam can be seen."""
