"""What stands in the CDN's place where there is none: on a laptop now, on a hospital's own servers later.

One origin for everything: the web app, `/api/*` to the REST API, `/pixels/*` and `/derived/*` from storage behind the check that
CloudFront makes. Product code, run as `python -m iac.gateway`.
"""
