"""One study's way from the scanner to the patient's phone, on one machine: `make demo`."""
