"""How Seuil is assembled and run: settings, addresses, databases, embedded server."""
