"""The few interfaces between the core and the world, one file each."""
