"""What the two services of Qingyu agree on: the calls between them, and the database they share.

`just protos` makes `writer_pb2*` anew from `writer.proto`; never change them by hand.
"""
