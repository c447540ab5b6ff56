"""The curves of a page, as Plotly reads them."""
