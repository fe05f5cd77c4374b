"""From predictions beside labelled cases to one long table and its summary."""
