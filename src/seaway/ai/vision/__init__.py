"""The image service: pictures in, made safe, kept for a while, and told what food is on them."""
