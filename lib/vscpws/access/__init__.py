"""Who may do what: users, rights, hosts, credentials; pure policy without sockets or waiting."""
