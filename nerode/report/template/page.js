(() => {
  "use strict";
  const { figures } = JSON.parse(document.getElementById("nerode-data").textContent);

  // A figure names its colours `var(--name)`: they are looked up here, in the style sheet.
  const dress = (value, key, style) => {
    if (Array.isArray(value)) return value.map((item) => dress(item, key, style));
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(
        Object.entries(value).map(([name, item]) => [name, dress(item, name, style)]),
      );
    }
    const named = /color$/.test(key) && /^var\((--[\w-]+)\)$/.exec(value);
    return named ? style.getPropertyValue(named[1]).trim() : value;
  };

  const draw = () => {
    const style = getComputedStyle(document.documentElement);
    for (const [id, figure] of Object.entries(figures)) {
      const { data, layout } = dress(figure, "", style);
      Plotly.react(id, data, layout, { displayModeBar: false, responsive: true });
    }
  };

  draw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
})();
