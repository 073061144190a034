"""Python, for programs and notebooks: one function for each question, and answers that show themselves."""
