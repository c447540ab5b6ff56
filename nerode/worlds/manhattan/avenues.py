"""The avenues of Manhattan, in public facts: where each runs and which way it goes.

An avenue is a path of (street, metres east of Fifth Avenue): its place where it meets the
line of a numbered street, fractions of a block included, straight in between. Streets
below First have no number: -1 is a block or so south of Houston Street. Avenues that come
first give a crossing its name where two meet, so the diagonals stand at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

AvenueWay = Literal["up", "down", "both"]

# Metres east of Fifth Avenue. The plan of 1811 set First to Third 610 to 650 feet apart,
# Third to Sixth 920 feet, and 800 feet from there to Twelfth, each plus its width.
AVENUE_D, AVENUE_C, AVENUE_B, AVENUE_A = 1966, 1737, 1508, 1285
FIRST, SECOND, THIRD = 1067, 838, 622
LEXINGTON, PARK, MADISON, FIFTH = 467, 311, 155, 0
SIXTH, SEVENTH, EIGHTH, NINTH, TENTH, ELEVENTH = -307, -582, -858, -1134, -1406, -1679
LENOX, POWELL, DOUGLASS = -317, -590, -865  # Sixth to Eighth, north of Central Park
YORK, EAST_END, MANHATTAN_AVENUE = 1280, 1506, -1004


@dataclass(frozen=True)
class Avenue:
    """An avenue: its name, its way (up is uptown) and its path; it passes `over` streets."""

    name: str
    way: AvenueWay
    path: tuple[tuple[float, float], ...]
    over: tuple[int, ...] = ()


def _straight(name: str, way: AvenueWay, first: float, last: float, east: float) -> Avenue:
    return Avenue(name, way, ((first, east), (last, east)))


# fmt: off
EAST_SIDE = (
    _straight("AvD", "both", -3, 13, AVENUE_D),
    _straight("AvC", "both", -3, 14, AVENUE_C),
    _straight("AvB", "both", -3, 14, AVENUE_B),
    _straight("AvA", "both", -3, 14, AVENUE_A),
    _straight("SuttonPl", "both", 53, 59, YORK),
    _straight("YorkAv", "both", 59, 92, YORK),
    _straight("EastEndAv", "both", 79, 89, EAST_END),
    _straight("PleasantAv", "both", 114, 120, 1276),
    _straight("1Av", "up", -3, 126, FIRST),
    _straight("2Av", "down", -3, 126, SECOND),
    _straight("3Av", "both", 5, 24, THIRD),
    _straight("3Av", "up", 24, 126, THIRD),
    Avenue("Bowery", "both", ((-3, 740), (1, 700), (4, 640), (5, THIRD))),
    _straight("IrvingPl", "both", 14, 20, 472),
    _straight("LexingtonAv", "down", 21, 131, LEXINGTON),
    Avenue("4Av", "up", ((6, THIRD), (8, 550), (10, 500), (13, 420), (14, 365), (15, 320))),
    _straight("ParkAv", "both", 15, 40, PARK),
    # The viaduct around Grand Central passes over 42nd Street.
    Avenue("ParkAv", "both", ((40, PARK), (132, PARK)), over=(42,)),
    _straight("VanderbiltAv", "both", 43, 47, 244),
    _straight("MadisonAv", "up", 23, 135, MADISON),
)

MIDDLE = (
    _straight("5Av", "down", 6.4, 120, FIFTH),
    _straight("5Av", "down", 124, 135, FIFTH),
    _straight("5Av", "both", 135, 139, FIFTH),
    _straight("MtMorrisPkW", "down", 120, 124, -159),
    Avenue("6Av", "up", ((-3, -250), (-1, -270), (3, -305), (59, SIXTH))),
    _straight("LenoxAv", "both", 110, 147, LENOX),
    _straight("7Av", "down", 12, 59, SEVENTH),
    _straight("AdamCPowell", "both", 110, 153, POWELL),
    _straight("8Av", "up", 14, 59, EIGHTH),
    _straight("CentralParkW", "both", 59, 110, EIGHTH),
    _straight("FredDouglass", "both", 110, 155, DOUGLASS),
)

WEST_SIDE = (
    _straight("9Av", "down", 14, 59, NINTH),
    _straight("ColumbusAv", "down", 59, 110, NINTH),
    _straight("10Av", "up", 14, 59, TENTH),
    _straight("AmsterdamAv", "up", 59, 110, TENTH),
    _straight("AmsterdamAv", "both", 110, 155, TENTH),
    _straight("11Av", "down", 22, 34, ELEVENTH),
    _straight("11Av", "both", 34, 40, ELEVENTH),
    _straight("11Av", "down", 40, 57, ELEVENTH),
    _straight("11Av", "both", 57, 59, ELEVENTH),
    Avenue("WestEndAv", "both", ((59, ELEVENTH), (106, -1685), (107, -1690))),
    # The shore: West Street, Twelfth Avenue, Riverside Boulevard and Drive, which passes over
    # the valley of Manhattanville on a viaduct.
    Avenue("WestSt", "both", ((14, -1455), (18, -1570), (22, ELEVENTH))),
    Avenue("12Av", "both", (
        (22, ELEVENTH), (24, -1845), (26, -1895), (30, -1960), (42, -1950), (46, -1885),
        (54, -1885), (57, -1920), (59, -1965),
    )),
    Avenue("RiversideBlvd", "both", ((59, -1805), (60, -1785), (65, -1785), (72, -1815))),
    Avenue("RiversideDr", "both", (
        (72, -1800), (76, -1865), (78, -1840), (81, -1800), (82, -1825), (84, -1900),
        (88, -1925), (90, -1845), (92, -1830), (94, -1885), (99, -1845), (104, -1830),
        (109, -1830), (113, -1890), (116, -1870), (122, -1870), (127, -1865), (135, -1925),
        (137, -1880), (141, -1885), (145, -1835), (148, -1820), (151, -1860), (152, -1885),
        (155, -2030),
    ), over=(125, 129, 130, 131, 132, 133, 134)),
    _straight("12Av", "both", 128.5, 133, -1966),
    _straight("ClaremontAv", "both", 116, 127, -1783),
)

HARLEM = (
    _straight("ManhattanAv", "both", 100, 122, MANHATTAN_AVENUE),
    Avenue("MorningsideAv", "both", ((113, -1005), (116, -1135), (126, -1140))),
    Avenue("MorningsideDr", "both", (
        (110, -1140), (113, -1205), (115, -1250), (121, -1270), (122, TENTH),
    )),
    Avenue("ConventAv", "both", (
        (127, -1150), (128, -1225), (129, -1230), (133, -1325), (135, -1285), (149, -1280),
        (151, -1250),
    )),
    _straight("StNicholasTer", "down", 127, 130, -1058),
    Avenue("StNicholasAv", "both", (
        (110, -310), (124, -1000), (126, -1000), (129, -965), (132, -965), (145, -1140),
        (148, -1140), (155, -1260),
    )),
    Avenue("EdgecombeAv", "both", ((135, -1005), (136, -1000), (141, -1000), (145, -965))),
    Avenue("BradhurstAv", "both", ((145, -965), (155, -965))),
    Avenue("HamiltonPl", "down", ((137, -1680), (138, -1615), (143, -1445), (144, TENTH))),
)

VILLAGE = (
    Avenue("MacDougalSt", "down", ((-3, -195), (4, -165), (8, -150))),
    Avenue("ThompsonSt", "down", ((-3, -40), (4.7, -15))),
    Avenue("LaGuardiaPl", "both", ((-3, 25), (4.7, 55))),
    Avenue("MercerSt", "down", ((-3, 260), (4, 290), (8, 305))),
    Avenue("UniversityPl", "up", ((4, 135), (8, 160), (13, 185), (14, 190))),
    Avenue("LafayetteSt", "up", ((-3, 465), (3, 475), (6, 495), (8, 510), (9, 515))),
)

# Broadway meets Fifth at 23rd, Sixth at 34th, Seventh at 45th and Eighth at 59th Street,
# Amsterdam Avenue at 71st and West End Avenue at 107th, and runs on as its continuation.
BROADWAY = (
    Avenue("Broadway", "down", (
        (-3, 340), (8, 385), (10, 395), (14, 285), (17, 190), (22, 70), (25, -45),
        (36, -390), (42, -530), (47, -630), (50, -665), (54, -690), (56, -730), (59, -850),
    )),
    Avenue("Broadway", "both", (
        (59, -850), (64, -1100), (72, -1450), (78, -1570), (87, -1550), (103, -1550),
        (105, -1580), (108, -1685), (155, -1690),
    )),
)

# fmt: on

AVENUES = EAST_SIDE + MIDDLE + WEST_SIDE + HARLEM + VILLAGE + BROADWAY
