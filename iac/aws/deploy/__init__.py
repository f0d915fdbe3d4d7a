"""`make deploy ENV=…` and `make diff ENV=…`: an installation from template.yaml, the bundles and the built pages."""
