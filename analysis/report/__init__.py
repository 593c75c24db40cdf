"""One HTML file that shows a study: explorer, heatmap, filters, tables; no server, no network."""
