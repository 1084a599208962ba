"""What was studied: codebook, study file, published figures and how print rounds."""
