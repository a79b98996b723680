"""What leaves Velory as a table, as CSV or as a workbook: hardware and event logs; repairs are in repairs/exports.py.

A Sheet (sheet.py) says what is in it and reads its rows some at a time; csv_file.py and workbook.py make bytes of them,
as they come; download.py sends those to a browser, and `manage.py export` into a file.
"""
