// What the panels of a city may show: the true map, or what a run's sequences need.
const cityStreets = (() => {
  "use strict";
  const told = new Intl.NumberFormat("en");

  /** How many of `sorted` are below `bound`. */
  const below = (sorted, bound) => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < bound) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  /** Streets as one broken line, in the order in which sequences need them. */
  const lines = (run, city, streets) => {
    const order = (street) => (run.first[street] < 0 ? Infinity : run.first[street]);
    const sorted = Int32Array.from(streets).sort((a, b) => order(a) - order(b) || a - b);
    const [x, y] = [new Float64Array(3 * sorted.length), new Float64Array(3 * sorted.length)];
    sorted.forEach((street, at) => {
      const [from, to] = [run.from[street], run.to[street]];
      x.set([city.lon[from], city.lon[to], NaN], 3 * at);
      y.set([city.lat[from], city.lat[to], NaN], 3 * at);
    });
    return { x, y, sorted, first: Float64Array.from(sorted, order) };
  };

  const cut = ({ x, y, sorted }, start, end) => ({
    x: x.subarray(3 * start, 3 * end),
    y: y.subarray(3 * start, 3 * end),
    streets: sorted.subarray(start, end),
  });

  /** A choice of a panel: what it shows after so many sequences, layer by layer, and the counts. */
  const trueMap = (run, city) => {
    const all = lines(run, city, [...run.kind].flatMap((kind, at) => (kind === "n" ? [] : [at])));
    const [every, none] = [cut(all, 0, all.sorted.length), cut(all, 0, 0)];
    const count = `${told.format(all.sorted.length)} streets between ${told.format(city.lat.length)} crossings`;
    return {
      run,
      at: () => ({ unused: none, used: every, new: none, impossible: none }),
      counts: () => [["used", count]],
    };
  };
  const reconstruction = (run, city) => {
    const of = (wanted) => lines(run, city, [...run.kind].flatMap((kind, at) => (wanted(kind, at) ? [at] : [])));
    const existing = of((kind) => kind !== "n");
    const possible = of((kind, at) => kind === "n" && run.why[at] === 0);
    const impossible = of((kind, at) => kind === "n" && run.why[at] !== 0);
    const at = (after) => {
      const used = below(existing.first, after);
      return {
        unused: cut(existing, used, existing.sorted.length),
        used: cut(existing, 0, used),
        new: cut(possible, 0, below(possible.first, after)),
        impossible: cut(impossible, 0, below(impossible.first, after)),
      };
    };
    const counts = (after) => {
      const shown = at(after);
      const count = (name) => told.format(shown[name].streets.length);
      const invented = told.format(shown.new.streets.length + shown.impossible.streets.length);
      return [
        ["used", `${count("used")} true streets needed`],
        ["new", `${invented} invented${after < run.sequences ? "" : run.noise}`],
        ["impossible", `${count("impossible")} impossible`],
        ["", `${told.format(below(run.gaveUp, after))} given up`],
      ];
    };
    return { run, at, counts };
  };

  return { trueMap, reconstruction };
})();
