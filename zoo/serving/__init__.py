"""The zoo behind TensorFlow Serving: its configs, and a stand-in for the server."""
