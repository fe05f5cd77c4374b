"""Which parts make a method; each is one file of settings and a `build`."""
