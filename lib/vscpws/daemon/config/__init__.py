"""What to run: the XML driver blocks, the INI file, and the settings made of both."""
