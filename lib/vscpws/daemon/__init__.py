"""What assumes "I own this process": configuration, files, detaching, signals, command line."""
