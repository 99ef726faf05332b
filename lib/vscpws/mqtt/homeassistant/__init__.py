"""A house in Home Assistant: retained states, and what makes them appear there by themselves.

``kinds`` and ``measurements`` are the tables of what becomes what, ``classes`` is what Home
Assistant allows; ``hearing`` takes an event apart by them. ``house`` keeps the nodes that were
heard, ``things`` what obeys; ``discovery`` writes them down for Home Assistant, ``speaker`` says
when.
"""
