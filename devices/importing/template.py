"""Velory's own list, to be filled in: its headers, and a row that shows what goes where."""

HEADERS = {
    "Name": "Laptop of Alex",
    "Category": "Laptop",
    "Manufacturer": "Lenovo",
    "Model": "T14 Gen 5",
    "Model number": "21CB",
    "Serial number": "EXAMPLE-0001",
    "Asset tag": "A-0001",
    "IMEI": "",
    "Supplier": "Hardware store",
    "Order number": "PO-1",
    "Purchase date": "2026-01-31",
    "Purchase cost": "1499.00",
    "Warranty ends": "2029-01-31",
    "Renewal date": "2030-01-31",
    "Holder email": "alex@company.example",
    "Holder name": "Alex Doe",
    "Space": "",
    "Payor": "Company",
    "Status": "",
    "Note": "Delete this row",
}
