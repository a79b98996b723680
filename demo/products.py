"""What the demo's companies have bought: real kinds of hardware; the serial numbers are invented."""

from dataclasses import dataclass
from decimal import Decimal
from random import Random

# Makers leave out letters that look like digits.
_LETTERS = "0123456789ABCDEFGHJKLMNPRSTVWXYZ"


@dataclass(frozen=True)
class Product:
    """One article. In `serial`, each # stands for a digit or letter."""

    name: str
    category: str
    manufacturer: str
    model: str
    model_number: str
    cost: Decimal
    serial: str
    supplier: str
    warranty_years: int = 2

    def serial_number(self, rng: Random) -> str:
        return "".join(rng.choice(_LETTERS) if sign == "#" else sign for sign in self.serial)

    def imei(self, rng: Random) -> str:
        """Fifteen digits with a good check digit, in the range kept for tests; phones only."""
        if self.category != "Phone":
            return ""
        digits = [0, 0] + [rng.randrange(10) for _ in range(12)]
        doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
        return "".join(map(str, [*digits, -(sum(digits[::2]) + sum(doubled)) % 10]))


def _product(
    name: str, category: str, maker: str, model: str, number: str, cost: str, serial: str, shop: str
) -> Product:
    years = 3 if category in ("Laptop", "Desktop", "Monitor") else 2
    return Product(name, category, maker, model, number, Decimal(cost), serial, shop, years)


_OFFICE, _HARDWARE, _MOBILE = "Nordic Office Supply", "Hardware Direct", "Mobile Partner"

T14 = _product("ThinkPad T14", "Laptop", "Lenovo", "ThinkPad T14 Gen 4", "21HD", "15490", "PF4#####", _OFFICE)
X1 = _product("ThinkPad X1 Carbon", "Laptop", "Lenovo", "X1 Carbon Gen 11", "21HM", "22990", "PF5#####", _HARDWARE)
LATITUDE = _product("Latitude 5440", "Laptop", "Dell", "Latitude 5440", "P137G", "14290", "7#####3", _HARDWARE)
MACBOOK_AIR = _product("MacBook Air", "Laptop", "Apple", "MacBook Air 13 M2", "A2681", "13990", "FVF#######", _OFFICE)
MACBOOK_PRO = _product("MacBook Pro", "Laptop", "Apple", "MacBook Pro 14 M3", "A2918", "24990", "JK#######", _OFFICE)
ELITEDESK = _product("EliteDesk", "Desktop", "HP", "EliteDesk 800 G9 Mini", "5L6J6EA", "9990", "CZC3#####", _HARDWARE)
PRECISION = _product("Precision", "Desktop", "Dell", "Precision 3660 Tower", "D30M", "21490", "4#####2", _HARDWARE)
IPHONE_15 = _product("iPhone 15", "Phone", "Apple", "iPhone 15 128 GB", "A3090", "11495", "K7########", _MOBILE)
IPHONE_14 = _product("iPhone 14", "Phone", "Apple", "iPhone 14 128 GB", "A2882", "8990", "G6########", _MOBILE)
IPHONE_SE = _product("iPhone SE", "Phone", "Apple", "iPhone SE (2022)", "A2783", "5990", "H4########", _MOBILE)
GALAXY_S23 = _product("Galaxy S23", "Phone", "Samsung", "Galaxy S23", "SM-S911B", "7990", "R5C#######", _MOBILE)
IPAD = _product("iPad", "Tablet", "Apple", "iPad (10th generation)", "A2696", "5290", "DM########", _OFFICE)
GALAXY_TAB = _product("Galaxy Tab", "Tablet", "Samsung", "Galaxy Tab A8", "SM-X200", "2490", "R9W#######", _MOBILE)
ULTRASHARP = _product("UltraSharp 27", "Monitor", "Dell", "U2723QE", "U2723QE", "5990", "CN0######", _HARDWARE)
THINKVISION = _product(
    "ThinkVision 24", "Monitor", "Lenovo", "ThinkVision T24i-30", "63CF", "2190", "V90#####", _HARDWARE
)
CONFERENCE_DISPLAY = _product(
    "Conference display", "Monitor", "LG", "55UR640S", "55UR640S", "7990", "306#######", _OFFICE
)
LASERJET = _product("LaserJet", "Printer", "HP", "LaserJet Pro 4002dn", "2Z605F", "3290", "PHB#######", _OFFICE)
BROTHER = _product("Brother printer", "Printer", "Brother", "HL-L2375DW", "HL-L2375DW", "1990", "E7####", _OFFICE)
JABRA = _product("Jabra Evolve2", "Headset", "Jabra", "Evolve2 65", "26599-989-999", "2190", "0A6####", _OFFICE)
POLY = _product("Poly Voyager", "Headset", "Poly", "Voyager Focus 2", "213726-01", "2490", "2BX####", _OFFICE)
DOCK = _product("USB-C dock", "Accessory", "Lenovo", "ThinkPad USB-C Dock", "40AY", "1990", "ZE1#####", _HARDWARE)
CAMERA = _product("MeetUp camera", "Accessory", "Logitech", "MeetUp", "960-001102", "7490", "2105LZ####", _OFFICE)
KEYBOARD = _product("MX Keys", "Accessory", "Logitech", "MX Keys for Business", "920-010251", "1090", "", _OFFICE)
SCANNER = _product("Label scanner", "Accessory", "Zebra", "DS2208", "DS2208-SR", "1490", "2330########", _HARDWARE)
