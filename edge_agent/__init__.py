"""The agent in the hospital: takes images and reports, keeps them safe, sends them to the cloud."""

__version__ = "0.1.0"
