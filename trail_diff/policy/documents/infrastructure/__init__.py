"""Key policies in the documents of infrastructure tools: one reader for each tool, one form for all of them."""
