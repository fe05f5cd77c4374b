"""Where labelled cases are, and how training clips are cut from them."""
