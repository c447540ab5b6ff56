// The page is painted before the drawing library, which is most of it, is read: a reader has the
// verdict and the tables at once, and the curves a moment later.
const nerode = (draw) => {
  "use strict";
  const load = () => {
    const script = document.createElement("script");
    script.textContent = document.getElementById("nerode-plotly").textContent;
    document.head.append(script);
    script.remove();
    draw();
    document.documentElement.dataset.drawn = "";
  };
  requestAnimationFrame(() => setTimeout(load));
};
