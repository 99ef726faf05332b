"""The Debian package's test: a package built, and a clean Debian to put it into."""
