"""A small house that isn't there: nodes on a VSCP bus that react, for trying things out.

The house is a model without input or output: time is given with every call, chance at the
beginning. Its nodes hear each other as nodes on a bus do, and what clients send. A day takes 72
minutes. Within ten seconds of the start every state has been reported.

====  ====  ===  ==========================  ================================  ==================
node  zone  sub  name                        obeys                             reports
====  ====  ===  ==========================  ================================  ==================
0x01  1     0    front door                                                    20/7, 8
0x02  1     1    buttons in the hall                                           20/1
0x03  2     0    living room climate         85/6 set value                    65/6 set value,
                                                                               10/6, 10/35
0x04  2     1    living room lamp            30/5, 6 on, off; 30/29 toggle;    20/3, 4, 40
                                             30/20, 22, 23 level; all lamps
0x05  2     2    buttons in the living room                                    20/1
0x06  3     0    bedroom climate             as the living room's              likewise
0x07  4     1    kitchen lamp                as the living room's              likewise
0x08  4     2    smoke detector              1/2, 30/15 goes off;              1/2, 3, 13
                                             1/13, 30/9, 30/16 is reset
0x09  5     0    boiler                                                        10/6 (flow, return)
0x0A  5     1    electricity meter                                             10/13, 14, 16
0x0B  6     0    weather station                                               10/6, 25, 35
0x0C  3     1    bedroom lamp                as the living room's              likewise
0x0D  2     3    living room blind           30/34, 35, 38 up, down, middle;   20/59, 60, 63, 64,
                                             30/8 stop; 30/22 position         20/40
0x0E  3     3    bedroom blind               as the living room's              likewise
0x0F  2     4    living room radiator        30/22, which the climate sends    20/40
0x10  3     4    bedroom radiator            likewise                          likewise
0x11  1     2    motion detector                                               2/1, 35, 36
0x12  1     3    front door lock             30/42, 43 lock, unlock            20/75, 76
0x13  1     4    burglar alarm               1/10, 11 arm, disarm;             1/10, 11,
                                             as the smoke detector             1/2, 3, 13
====  ====  ===  ==========================  ================================  ==================

"Sub" is the subzone. Levels and positions are in percent, 100 is open; 254 and 255 in 30/20 are a
step down and up. Zone and subzone 255 mean all, as everywhere. 30/24 (measurement request) makes a
node report all it knows. Every node has a heartbeat (20/9).
"""
