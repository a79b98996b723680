"""The headers under which a device's fields are known: Snipe-IT's import template, list export and custom report, what
device managers export, and our own, in English and Swedish. As `accounts.importing.columns.header_key` compares them:
"Serial No." is "serial no"."""

from django.utils.translation import gettext_lazy as _

_ENGLISH = {
    # What it is: fields of Device.DESCRIPTION
    "name": ["name", "item name", "asset name", "device name", "computer name", "display name"],
    "category": ["category", "type", "types", "device type"],
    "manufacturer": ["manufacturer", "manufacturers", "make", "vendor name", "brand"],
    "model": ["model", "model name", "asset model"],
    "model_number": ["model number", "model no", "model num", "part number"],
    "serial_number": ["serial number", "serial", "serial no", "serial num", "computer serial", "mobile device serial"],
    "asset_tag": ["asset tag", "tag", "asset number", "inventory number"],
    "imei": ["imei", "imei number"],
    "uuid": ["velory id"],
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
    "username": ["checked out to username", "username", "user name", "primary user upn", "alternate username"],
    "full_name": ["checked out to full name", "full name", "holder name", "real name", "primary user display name"],
    "first_name": ["checked out to first name", "first name"],
    "last_name": ["checked out to last name", "last name"],
    "holder": ["checked out to", "checked out", "holder", "assigned to", "user"],
    "space": ["checked out to location", "checkout location", "space"],
    "location": ["location", "location name", "locations"],
    "payor": ["payor"],
    # Where it stands
    "status": ["status", "status label", "asset status"],
    "status_since": ["status since", "in repair since", "repair date"],
    # Read, reported, and not stored
    "company": ["company", "company name"],
}

# What Swedish lists call them.
_SWEDISH = {
    "name": ["namn", "benämning", "enhetsnamn", "datornamn"],
    "category": ["kategori", "typ", "enhetstyp"],
    "manufacturer": ["tillverkare", "fabrikat", "märke"],
    "model": ["modell"],
    "model_number": ["modellnummer", "modellnr"],
    "serial_number": ["serienummer", "serienr"],
    "asset_tag": ["inventarienummer", "inventarienr", "stöldskyddsnummer", "stöldmärkning"],
    "supplier": ["leverantör"],
    "order_number": ["ordernummer", "ordernr", "beställningsnummer"],
    "purchase_date": ["inköpsdatum", "köpdatum"],
    "purchase_cost": ["inköpspris", "pris"],
    "warranty_end": ["garantins slutdatum", "garanti till", "garantin går ut", "garanti t o m"],
    "renewal_date": ["förnyelsedatum", "bytesdatum"],
    "note": ["anteckning", "anteckningar", "kommentar"],
    "email": ["e post", "epost", "e postadress", "innehavarens e post"],
    "username": ["användarnamn"],
    "full_name": ["fullständigt namn"],
    "first_name": ["förnamn"],
    "last_name": ["efternamn"],
    "holder": ["innehavare", "användare", "tilldelad"],
    "location": ["plats", "placering"],
    "payor": ["betalare"],
}
ALIASES = {field: names + _SWEDISH.get(field, []) for field, names in _ENGLISH.items()}

# What they are called on the page on which somebody chooses.
LABELS = {
    "name": _("Name"),
    "category": _("Category"),
    "manufacturer": _("Manufacturer"),
    "model": _("Model"),
    "model_number": _("Model number"),
    "serial_number": _("Serial number"),
    "asset_tag": _("Asset tag"),
    "imei": _("IMEI"),
    "uuid": _("Velory ID"),
    "supplier": _("Supplier"),
    "order_number": _("Order number"),
    "purchase_date": _("Purchase date"),
    "purchase_cost": _("Purchase cost"),
    "warranty_end": _("Warranty ends"),
    "renewal_date": _("Renewal date"),
    "warranty_months": _("Months of warranty"),
    "note": _("Note"),
    "model_note": _("Note on the model"),
    "checkout": _("Kind of holder: user, location"),
    "email": _("Holder: email"),
    "full_name": _("Holder: full name"),
    "first_name": _("Holder: first name"),
    "last_name": _("Holder: last name"),
    "username": _("Holder: username"),
    "holder": _("Holder: a person or a space"),
    "space": _("Space that has it"),
    "location": _("Location, where nobody has it"),
    "payor": _("Payor"),
    "status": _("Status"),
    "status_since": _("Status since"),
    "company": _("Company (not used)"),
}
# Fields that an empty cell may empty: the rest are what a device is known by, or not one field.
MAY_BE_EMPTIED = [
    "manufacturer",
    "model",
    "model_number",
    "imei",
    "supplier",
    "order_number",
    "purchase_date",
    "purchase_cost",
    "warranty_end",
    "renewal_date",
]
