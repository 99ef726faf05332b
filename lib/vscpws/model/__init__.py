"""The words of VSCP as pure values: event, GUID, filter, and the errors that have a code."""
