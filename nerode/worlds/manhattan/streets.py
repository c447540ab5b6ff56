"""The crosstown streets of Manhattan, in public facts: where they lie and where they stop.

Distances are metres: east of Fifth Avenue, and uptown of 42nd Street.
"""

from __future__ import annotations

from typing import Literal

from nerode.worlds.manhattan.avenues import (
    AVENUE_A,
    AVENUE_B,
    AVENUE_C,
    AVENUE_D,
    DOUGLASS,
    EIGHTH,
    ELEVENTH,
    FIFTH,
    FIRST,
    LENOX,
    LEXINGTON,
    MADISON,
    MANHATTAN_AVENUE,
    NINTH,
    PARK,
    POWELL,
    SECOND,
    SEVENTH,
    SIXTH,
    TENTH,
    THIRD,
)

StreetWay = Literal["east", "west", "both"]
GridPoint = tuple[float, float]

FIRST_STREET, LAST_STREET = 1, 155

WIDE = frozenset({14, 23, 34, 42, 57, 72, 79, 86, 96, 106, 110, 116, 125, 135, 145, 155})
"""The two-way crosstown streets: 100 feet wide where the others have 60."""

LEVELS = {1: -3245, 14: -2220, 23: -1516, 34: -642, 42: 0, 57: 1203}
LEVELS |= {72: 2409, 86: 3563, 110: 5507, 125: 6723, 155: 9141}
"""Metres uptown of 42nd Street; between two of these the blocks are 200 feet deep each."""

WEST, EAST = -3000, 3000  # beyond either shore
BROADWAY_UPTOWN, CONVENT, MORNINGSIDE = -1687, -1227, -1139
ST_NICHOLAS_TERRACE, ST_NICHOLAS = -1058, -970
RIVERSIDE_BOULEVARD = -1783

SLANTED: dict[str, tuple[StreetWay, tuple[GridPoint, ...]]] = {
    "HoustonSt": (
        "both",
        ((-264, -3335), (300, -3372), (481, -3345), (1073, -3289), (1966, -3186)),
    ),
    "BleeckerSt": ("east", ((-286, -3178), (119, -3216), (481, -3243), (697, -3209))),
    "WaverlyPl": ("west", ((-303, -2783), (379, -2831))),
}
"""Streets without a number: metres east, metres uptown."""

BENT: dict[int, tuple[tuple[GridPoint, ...], float]] = {
    2: (((358, -3143),), 690),  # Bond Street
    3: (((-302, -3020), (284, -3060)), 665),  # West Third and Great Jones Street
    4: (((-303, -2938),), 639),
    125: (((-1966, 7050), (TENTH, 6834)), MORNINGSIDE),  # through the valley of Manhattanville
}
"""Streets that reach the grid only at the place named last, and their way there."""

GAPS: tuple[tuple[range, float, float], ...] = (
    # The village: its own streets lie west of Broadway and the Bowery.
    (range(1, 2), WEST, 700),
    (range(1, 2), FIRST, EAST),
    (range(2, 3), AVENUE_C, AVENUE_D),
    (range(5, 8), WEST, THIRD),
    (range(5, 6), FIRST, AVENUE_A),
    (range(5, 6), AVENUE_B, AVENUE_C),
    (range(8, 10), AVENUE_A, AVENUE_B),  # Tompkins Square
    (range(11, 13), AVENUE_C, AVENUE_D),
    (range(13, 14), AVENUE_B, AVENUE_C),
    (range(11, 12), 369, 476),  # Grace Church
    (range(15, 17), FIFTH, PARK),  # Union Square
    (range(16, 17), TENTH, NINTH),
    (range(16, 17), THIRD, FIRST),  # Stuyvesant Square
    (range(23, 24), WEST, ELEVENTH),
    (range(24, 26), FIFTH, MADISON),  # Madison Square
    (range(25, 26), WEST, TENTH),
    (range(25, 26), LEXINGTON, THIRD),
    (range(27, 28), TENTH, SEVENTH),
    (range(27, 29), SECOND, FIRST),
    (range(31, 33), SECOND, FIRST),  # Kips Bay
    (range(31, 34), WEST, ELEVENTH),  # Hudson Yards
    (range(31, 33), ELEVENTH, TENTH),
    (range(32, 33), TENTH, SEVENTH),
    (range(33, 34), EIGHTH, SEVENTH),  # Pennsylvania Station
    (range(35, 40), WEST, ELEVENTH),  # the Javits Center
    (range(38, 40), TENTH, NINTH),  # the Lincoln Tunnel
    (range(40, 42), SECOND, FIRST),  # Tudor City
    (range(43, 44), SECOND, FIRST),
    (range(41, 42), SIXTH, FIFTH),  # Bryant Park
    (range(43, 46), 244, LEXINGTON),  # Grand Central
    (range(53, 54), WEST, ELEVENTH),
    (range(59, 60), NINTH, EIGHTH),  # Columbus Circle
    (range(60, 110), EIGHTH, FIFTH),  # Central Park
    (range(61, 62), TENTH, NINTH),
    (range(62, 63), ELEVENTH, TENTH),
    (range(63, 64), ELEVENTH, NINTH),
    (range(64, 65), TENTH, NINTH),  # Lincoln Center
    (range(65, 66), RIVERSIDE_BOULEVARD, ELEVENTH),
    (range(67, 70), WEST, TENTH),  # Lincoln Towers
    (range(78, 81), NINTH, EIGHTH),  # the Museum of Natural History
    (range(91, 92), THIRD, SECOND),
    (range(98, 100), TENTH, EIGHTH),  # Park West Village
    (range(101, 104), TENTH, MANHATTAN_AVENUE),
    (range(98, 99), THIRD, FIRST),
    (range(99, 100), FIFTH, MADISON),  # Mount Sinai
    (range(100, 101), FIFTH, PARK),
    (range(101, 108, 2), MADISON, PARK),  # Carver Houses
    (range(100, 102), THIRD, SECOND),
    (range(103, 104), THIRD, SECOND),
    (range(107, 108), THIRD, FIRST),
    (range(108, 109), THIRD, SECOND),
    (range(111, 113), TENTH, MANHATTAN_AVENUE),  # Saint John the Divine
    (range(113, 115), LENOX, EAST),
    (range(113, 116), -1260, -1040),  # Morningside Park
    (range(116, 122), -1260, MORNINGSIDE),
    (range(122, 123), TENTH, MORNINGSIDE),
    (range(115, 120), BROADWAY_UPTOWN, TENTH),  # Columbia University
    (range(117, 118), TENTH, MORNINGSIDE),
    (range(117, 119), WEST, BROADWAY_UPTOWN),
    (range(121, 122), WEST, BROADWAY_UPTOWN),
    (range(123, 124), WEST, BROADWAY_UPTOWN),
    (range(121, 124), -159, MADISON),  # Marcus Garvey Park
    (range(120, 125), SECOND, FIRST),
    (range(124, 127), WEST, MORNINGSIDE),
    (range(127, 128), BROADWAY_UPTOWN, -1160),
    (range(127, 128), PARK, LEXINGTON),
    (range(128, 129), WEST, TENTH),
    (range(129, 130), WEST, TENTH),
    (range(128, 129), CONVENT, ST_NICHOLAS),
    (range(128, 129), DOUGLASS, POWELL),
    (range(129, 130), ST_NICHOLAS_TERRACE, ST_NICHOLAS),
    (range(130, 132), BROADWAY_UPTOWN, TENTH),
    (range(130, 131), ST_NICHOLAS_TERRACE, POWELL),
    (range(131, 132), -1300, DOUGLASS),  # St Nicholas Park and City College
    (range(132, 133), BROADWAY_UPTOWN, DOUGLASS),
    (range(133, 134), -1326, -979),
    (range(134, 135), TENTH, -992),
    (range(135, 136), -1285, -1006),
    (range(136, 137), TENTH, -1021),
    (range(137, 138), BROADWAY_UPTOWN, -1034),
    (range(138, 139), WEST, BROADWAY_UPTOWN),
    (range(138, 140), TENTH, -1048),
    (range(140, 141), -1281, -1074),
    (range(142, 145), -1281, -985),
    (range(133, 135), LENOX, EAST),
    (range(136, 137), LENOX, EAST),
    (range(146, 155), -1140, -963),  # the bluff of Jackie Robinson Park
    (range(154, 155), WEST, TENTH),
    (range(155, 156), -1260, DOUGLASS),
)
"""Where a street is interrupted: streets, from and to metres east of Fifth Avenue."""

EXCEPTIONS: tuple[tuple[range, float, float, StreetWay], ...] = (
    (range(2, 3), FIRST, EAST, "west"),
    (range(10, 11), AVENUE_A, AVENUE_D, "both"),
    (range(13, 14), AVENUE_C, AVENUE_D, "both"),
    (range(33, 34), SECOND, FIRST, "both"),
    (range(41, 42), FIFTH, SECOND, "east"),
    (range(59, 60), WEST, ELEVENTH, "both"),
    (range(59, 60), EIGHTH, SIXTH, "both"),  # Central Park South
    (range(59, 60), SIXTH, FIRST, "east"),
    (range(59, 60), FIRST, EAST, "both"),
    (range(60, 61), FIFTH, SECOND, "west"),
    (range(60, 72), WEST, ELEVENTH, "both"),
    (range(60, 61), ELEVENTH, EIGHTH, "west"),
    (range(61, 62), ELEVENTH, EIGHTH, "east"),
    (range(62, 63), TENTH, NINTH, "both"),
    (range(62, 63), NINTH, EIGHTH, "west"),
    (range(65, 66), WEST, EAST, "east"),
    (range(66, 67), WEST, EAST, "west"),
    (range(77, 82, 4), NINTH, EIGHTH, "both"),
    (range(95, 96), WEST, TENTH, "east"),
    (range(97, 98), THIRD, FIRST, "both"),
    (range(102, 103), FIFTH, THIRD, "west"),
    (range(113, 114), TENTH, MORNINGSIDE, "both"),
    (range(120, 121), WEST, TENTH, "both"),
    (range(122, 123), WEST, TENTH, "both"),
    (range(124, 125), LENOX, FIFTH, "west"),
    (range(126, 127), WEST, EAST, "west"),
    (range(127, 128), WEST, BROADWAY_UPTOWN, "both"),
    (range(128, 129), TENTH, CONVENT, "both"),
    (range(129, 130), TENTH, CONVENT, "east"),
    (range(129, 130), CONVENT, ST_NICHOLAS_TERRACE, "both"),
    (range(130, 131), TENTH, ST_NICHOLAS_TERRACE, "both"),
    (range(131, 134), WEST, BROADWAY_UPTOWN, "both"),
    (range(131, 132), MADISON, LEXINGTON, "both"),
    (range(132, 133), FIFTH, PARK, "both"),
    (range(133, 134), BROADWAY_UPTOWN, CONVENT, "both"),
    (range(137, 138), LENOX, FIFTH, "east"),
    (range(138, 139), LENOX, FIFTH, "west"),
    (range(139, 140), LENOX, FIFTH, "both"),
    (range(141, 142), TENTH, -963, "both"),
)
"""Streets that do not go as their number says, between two places."""

PARK_CROSSINGS = {
    "Transverse66_West": (-743, 1903),
    "Transverse66_East": (-200, 1844),
    "Transverse86_East": (-171, 3467),
    "Transverse97_West": (-723, 4457),
    "Transverse97_East": (-179, 4459),
}
"""Where the transverse roads of Central Park bend or fork: metres east, metres uptown."""

TRANSVERSES: tuple[tuple[str, ...], ...] = (
    ("5Av_66St", "Transverse66_East", "Transverse66_West", "CentralParkW_66St"),
    ("CentralParkW_65St", "Transverse66_West", "Transverse66_East", "5Av_65St"),
    ("5Av_79St", "CentralParkW_81St"),
    ("CentralParkW_81St", "5Av_79St"),
    ("5Av_85St", "Transverse86_East", "CentralParkW_86St"),
    ("CentralParkW_86St", "Transverse86_East", "5Av_84St"),
    ("5Av_97St", "Transverse97_East", "Transverse97_West", "CentralParkW_97St"),
    ("CentralParkW_96St", "Transverse97_West", "Transverse97_East", "5Av_96St"),
)
"""Ways through Central Park, each from its first crossing to its last."""
