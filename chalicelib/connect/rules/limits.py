"""How much a file may hold, and why."""

FILE_BYTES_MAX = 1024**3  # 1 GB: ten years of bookings of a large resort are a tenth of it
ROWS_MAX = 2_000_000  # a run of some hours; beyond it a file is better split
COLUMNS_MAX = 200  # the widest property-system exports have about 120
ROW_BYTES_MAX = 32 * 1024  # a row with long notes has 2 KB; a group of rows has to fit into one transaction of 4 MB
HEADER_BYTES_MAX = 64 * 1024  # 200 columns of 300 bytes
RECORD_BYTES_MAX = 16 * 1024**2  # how far the end of an over-long quoted cell is looked for, and held in memory
