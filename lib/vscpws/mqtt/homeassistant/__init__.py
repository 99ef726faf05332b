"""A house in Home Assistant: retained states, and what makes them appear there by themselves.

``kinds`` and ``measurements`` are the tables of what becomes what, ``classes`` is what Home
Assistant allows; ``hearing`` takes an event apart by them. ``nodes`` keeps those that were heard,
``things`` what obeys, ``own`` is the daemon itself; ``discovery`` writes them down for Home
Assistant, ``announcer`` says when. ``board`` has the retained topics, ``memo`` what outlives a
restart, and ``speaker`` is all of it together.
"""
