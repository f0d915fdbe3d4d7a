"""A patient's browser without a browser (iac/local/patient_client.py)."""

from iac.local.patient_client import PatientClient

__all__ = ["PatientClient"]
