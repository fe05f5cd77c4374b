"""Published tables beside rows of our own: the data is checked, the split fixed, the model trained or loaded."""
