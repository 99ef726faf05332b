"""Reading an event for people: names, values with units, zones; pure functions over one table.

``data/catalog.json`` is the table of classes and types, units and payloads; the web pages read the
same file. ``catalog`` looks things up in it, ``measurement`` takes values out of data and puts them
there, ``reading`` makes of an event what people want to know.
"""
