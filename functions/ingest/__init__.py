"""Confirmed manifests, declarations and reports become rows and series indexes."""
