"""The reader behind a Unix socket, for programs in any language: a line of JSON in, a line of JSON out."""
