"""Pages for people: one self-contained HTML file with tables that sort, drawings and pictures, and no network."""
