"""Leading: who leads the members of a store, the same for every target that keeps them itself."""
