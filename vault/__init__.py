"""Keys, encrypted fields and keyed ids. The only importer of `cryptography`."""
