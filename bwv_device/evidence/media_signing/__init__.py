"""ONVIF Media Signing in H.264: the wire format, a signer and a reader, without any file or clock.

Described in docs/design/media-signing.md. `stream_signer` puts signatures into pictures as they
are written; `stream_reader` says of each picture of a stream what its signatures say of it.
"""
