//! Pictures and pages: PNG grids, SVG charts, one self-contained HTML file.
