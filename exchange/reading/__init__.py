"""Reading of registers: files of strangers made typed rows, bad cells named one by one. Pure: no model, no database.

`open_register` is the door; see register.py.
"""
