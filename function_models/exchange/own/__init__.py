"""Our own format: a model with fields, drawing, versions, references and links; lossless."""
