"""Who may see what: capability links, the identity check, sessions, CloudFront's cookies, masking."""
