"""The platform: a Django project, one app per business noun, all of one shape (docs: architecture)."""
