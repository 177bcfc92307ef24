"""From the text of a stack file to a Stack, with the place of everything in it."""
