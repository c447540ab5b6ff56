"""What every JSON file on disk holds, as types: docs/formats.md says the same in words.

Files are written by building these types and read by decoding them (`nerode.schema.decoding`).
`nerode schema` prints them as JSON Schema (`nerode.published`).

A field that only some files have is UNSET where it is not there; it is never written then.
Fields that a type does not know are ignored: files of later versions may have more.
"""
