"""The one page of the web app, with its headers, where the CDN can add none (China has no CloudFront functions)."""
