"""The headers under which a device's fields are known: Snipe-IT's import template and list export, what device
managers export, and our own. As `accounts.importing.columns.header_key` compares them: "Serial No." is "serial no"."""

ALIASES = {
    # What it is: fields of Device.DESCRIPTION
    "name": ["name", "item name", "asset name", "device name", "computer name", "display name"],
    "category": ["category"],
    "manufacturer": ["manufacturer", "make", "vendor name", "brand"],
    "model": ["model", "model name"],
    "model_number": ["model number", "model no", "model num", "part number"],
    "serial_number": ["serial number", "serial", "serial no", "serial num", "computer serial", "mobile device serial"],
    "asset_tag": ["asset tag", "tag", "asset number", "inventory number"],
    "imei": ["imei", "imei number"],
    "supplier": ["supplier", "vendor"],
    "order_number": ["order number", "order no", "purchase order", "po number"],
    "purchase_date": ["purchase date", "purchased", "date purchased", "po date"],
    "purchase_cost": ["purchase cost", "cost", "price", "purchase price"],
    "warranty_end": ["warranty ends", "warranty end", "warranty expires", "warranty expiration", "warranty end date"],
    "renewal_date": ["renewal date", "asset eol date", "eol date", "end of life date"],
    "warranty_months": ["warranty months", "warranty"],
    # Notes
    "note": ["note", "notes", "asset notes", "asset note", "item notes"],
    "model_note": ["model notes", "model note"],
    # Who has it
    "checkout": ["checkout type", "checkout class", "checked out type", "checkout to type"],
    "email": ["checked out to email", "email", "e mail", "email address", "holder email", "primary user email address"],
    "username": ["checked out to username", "username", "user name", "primary user upn"],
    "full_name": ["checked out to full name", "full name", "holder name", "real name", "primary user display name"],
    "first_name": ["checked out to first name", "first name"],
    "last_name": ["checked out to last name", "last name"],
    "holder": ["checked out to", "holder", "assigned to"],
    "space": ["checked out to location", "checkout location", "space"],
    "location": ["location", "location name"],
    "payor": ["payor"],
    # Read, reported, and not stored
    "status": ["status", "status label", "asset status"],
    "company": ["company", "company name"],
}
