"""Wire: just enough of the protocols of servers to settle, ask, save and fill them."""
