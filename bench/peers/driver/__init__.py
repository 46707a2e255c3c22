"""Times Penstroke and its peers in turns; see ../README.md."""
