"""A chest CT that belongs to nobody: made from formulas, seeded, any number of slices.

`write_phantom` writes a DICOM series into a folder; `cached_phantom` makes each set of parameters once.
`python -m iac.local.phantom OUT --slices N` does it from the command line.

The picture is an adult chest without contrast medium, 300 mm from the lung tops to below the diaphragm, with one solid nodule of
9 mm in the right upper lobe (`anatomy.NODULE`). Values are Hounsfield units with the noise of a usual dose, so that sizes and
compression ratios are those of a real scan.
"""

from iac.local.phantom.dicom import Identity, cached_phantom, write_phantom

__all__ = ["Identity", "cached_phantom", "write_phantom"]
