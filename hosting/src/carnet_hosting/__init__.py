"""What a Carnet service stands on: a folder, a database, a socket, an address."""
