"""Training of the models: data and its checks, drawings, networks, search, results."""
