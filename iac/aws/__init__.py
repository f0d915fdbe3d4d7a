"""What template.yaml cannot say: the secrets that no template may hold."""
