"""What could explain what was seen: one module for each family, behind `interface`, registered in `registry`."""
