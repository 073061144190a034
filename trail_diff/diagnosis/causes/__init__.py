"""Why the job failed: one module for each family of causes, behind `interface`, registered in `registry`."""
