"""Training of the models: data and its checks, synthetic pictures, networks, search, results."""
