"""The models as reviewed data: one folder each with model.yaml, cases/ and notes.md."""
