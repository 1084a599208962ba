"""A codebook drafted from a file, for its owner to finish."""
