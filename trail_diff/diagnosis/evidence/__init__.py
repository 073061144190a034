"""What the facts say of the hypotheses: one rule a file, behind `interface`, registered in `registry`."""
