// The page about series: the axis of the steps, any two steps compared, maps over the training.
(() => {
  "use strict";
  const { steps } = JSON.parse(document.getElementById("nerode-data").textContent);
  const plots = [...document.querySelectorAll(".of-steps .plot")];

  const axis = document.querySelector(".steps-axis");
  if (axis) {
    axis.hidden = false;
    const turn = () => {
      const type = axis.querySelector("input:checked").value;
      plots.forEach((plot) => Plotly.relayout(plot, { "xaxis.type": type, "xaxis.autorange": true }));
    };
    axis.addEventListener("change", turn);
    // The figures are drawn anew in other colours, on the axis that they began with.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", turn);
  }

  // What is folded away has no width when it is drawn.
  document.querySelectorAll("details.more").forEach((details) => details.addEventListener("toggle", () => {
    if (details.open) details.querySelectorAll(".plot").forEach((plot) => Plotly.Plots.resize(plot));
  }));

  const DASH = "\u2013";
  const MINUS = "\u2212";
  const share = (value) => {
    if (value === 0 || value === 1) return String(value);
    const rounded = value.toFixed(3);
    return { "0.000": "<0.001", "1.000": ">0.999" }[rounded] ?? rounded;
  };
  const signed = (value) => (value === 0 ? "0" : `${value > 0 ? "+" : MINUS}${share(Math.abs(value))}`);
  const bound = (value) => `${value < 0 ? MINUS : "+"}${Math.abs(value).toFixed(3)}`;
  const ofP = (p) => {
    const text = p === 0 ? "<0.001" : share(p);
    return /^[<>]/.test(text) ? `${text[0]} ${text.slice(1)}` : `= ${text}`;
  };

  /** One score at step b less that at step a, by their places: null where it is undefined. */
  const difference = (score, count, a, b) => {
    const [first, second] = a < b ? [a, b] : [b, a];
    const at = first * count - (first * (first + 1)) / 2 + second - first - 1;
    if (a === b || score.value[at] === null) return null;
    const sign = a < b ? 1 : -1;
    const ends = [sign * score.low[at], sign * score.high[at]];
    const word = { b: ["worse", "better"], w: ["better", "worse"] }[score.marks[at]]?.[Number(a < b)] ?? "";
    return { value: sign * score.value[at], low: Math.min(...ends), high: Math.max(...ends), p: score.p[at], word };
  };

  for (const [id, { steps: known, scores }] of Object.entries(steps)) {
    const section = document.getElementById(id);
    const [first, second] = section.querySelectorAll("select");
    const rows = [...section.querySelectorAll("tbody tr")];
    const show = () => rows.forEach((row, at) => {
      const score = scores[at];
      const found = difference(score, known.length, Number(first.value), Number(second.value));
      const [value, interval, p, mark] = row.querySelectorAll("td");
      value.textContent = found ? signed(found.value) : DASH;
      interval.textContent = found ? `${bound(found.low)} to ${bound(found.high)}` : DASH;
      p.textContent = found && found.p !== null ? ofP(found.p) : "";
      const word = found?.word ?? "";
      mark.className = `gap ${word}`;
      mark.firstElementChild.textContent = word;
    });
    section.querySelector(".two-steps-choice").hidden = false;
    [first, second].forEach((select) => select.addEventListener("change", show));
  }

  for (const slider of document.querySelectorAll(".steps-slider")) {
    const section = slider.closest(".city");
    const told = section.querySelector(".steps-at");
    const choice = [...section.querySelectorAll("select")].at(-1);
    const follow = () => {
      told.textContent = choice.selectedOptions[0].textContent;
      slider.setAttribute("aria-valuetext", told.textContent);
    };
    slider.addEventListener("input", () => {
      choice.value = slider.value;
      choice.dispatchEvent(new Event("change", { bubbles: true }));
      follow();
    });
    choice.addEventListener("change", () => {
      if (choice.value !== "0") slider.value = choice.value;
      follow();
    });
    follow();
  }
})();
