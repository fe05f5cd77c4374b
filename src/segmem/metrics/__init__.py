"""Pure functions of label maps: overlap, temporal consistency, flicker, and means that skip what is absent."""
