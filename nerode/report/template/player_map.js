// A trip on the street plan. All is in pixels, so that lines and letters keep their size.
// The streets lie on a canvas beneath: ten thousand of them as SVG are painted anew with every step.
const PlayerMap = (() => {
  "use strict";
  const COMPASS = { N: 90, NE: 45, E: 0, SE: -45, S: -90, SW: -135, W: 180, NW: 135 };
  const MARGIN = 40; // around a trip
  const BUTTONS = 46; // to the right of it, where the buttons are
  const CLOSEST = 0.5; // pixels to a metre, at most: a short trip shows its surroundings too
  const FARTHEST = 12; // times larger than what shows the whole trip
  const STUB = 34; // of a street that does not exist
  const SHORT = 30; // an arrow from here on ends before the next crossing
  const [LETTER, LINE] = [8, 17]; // what a letter and a line of them take
  const LETTERS = 24; // of a name

  const make = (name, attributes, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };
  const mark = (kind, d, [x, y], angle = 0) =>
    make("path", { class: kind, d, transform: `translate(${x} ${y}) rotate(${angle})` });
  const points = (places) => places.map((place) => place.join(",")).join(" ");

  /** Points along a line, every quarter of a street. */
  const along = (places) =>
    places.slice(1).flatMap(([x, y], i) => {
      const [x0, y0] = places[i];
      return [0, 0.25, 0.5, 0.75, 1].map((t) => [x0 + t * (x - x0), y0 + t * (y - y0)]);
    });

  /** A name beside its place, where it hides least of the lines. */
  const label = ([x, y], name, lines, [width, height]) => {
    const text = name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}…` : name;
    const wide = LETTER * text.length;
    const hides = ({ left, top }) =>
      (left < 0 || left + wide > width || top < 0 || top + LINE > height ? 1000 : 0) +
      lines.filter(([a, b]) => a > left - 6 && a < left + wide + 6 && b > top - 6 && b < top + LINE + 6).length;
    const sides = [
      { anchor: "start", at: x + 12, left: x + 12 },
      { anchor: "end", at: x - 12, left: x - 12 - wide },
      { anchor: "middle", at: x, left: x - wide / 2 },
    ];
    const corners = sides.flatMap((side) => [y - LINE / 2, y - LINE - 12, y + 12].map((top) => ({ ...side, top })));
    const { anchor, at, top } = corners.reduce((best, each) => (hides(each) < hides(best) ? each : best));
    return make("text", { x: at, y: top + 13, "text-anchor": anchor }, text);
  };

  const arrow = ([x0, y0], [x1, y1]) => {
    const angle = Math.atan2(y1 - y0, x1 - x0);
    const long = Math.hypot(x1 - x0, y1 - y0);
    const end = long > SHORT ? long - 8 : long;
    const [x, y] = [x0 + end * Math.cos(angle), y0 + end * Math.sin(angle)];
    const shaft = make("path", { class: "move", d: `M${x0} ${y0}L${x} ${y}` });
    return [shaft, mark("head", "M3 0L-9 6.5L-9 -6.5Z", [x, y], (angle * 180) / Math.PI)];
  };

  /** A street that does not exist: where its label points, or straight up where it is no turn. */
  const gone = ([x, y], symbol) => {
    const angle = (-(COMPASS[symbol] ?? 90) * Math.PI) / 180;
    const long = symbol in COMPASS ? STUB : 20;
    const [dx, dy] = [long * Math.cos(angle), long * Math.sin(angle)];
    const stub = make("path", { class: "stub", d: `M${x} ${y}l${dx} ${dy}` });
    return [stub, mark("cross", "M-6.5 -6.5L6.5 6.5M-6.5 6.5L6.5 -6.5", [x + dx, y + dy])];
  };

  /** Ends of the page's streets in metres, four numbers a street. */
  const streetsOf = (plan) =>
    Float32Array.from(document.getElementById(`plan-${plan}`).getAttribute("d").match(/-?\d+/g) ?? []);

  return class PlayerMap {
    #city;
    #svg;
    #canvas;
    #context;
    #streets;
    #painted = "";
    #car = make("circle", { class: "car", r: 6 });
    #zoom = 1;

    constructor(svg, canvas, city) {
      this.#svg = svg;
      this.#canvas = canvas;
      this.#city = city;
      this.#streets = streetsOf(city.plan);
      // In memory: a graphics card is slower at thousands of short lines, an emulated one by far.
      this.#context = canvas.getContext("2d", { willReadFrequently: true });
    }

    /** Times as large as now; 0 shows the whole trip. */
    zoom(times) {
      this.#zoom = times === 0 ? 1 : Math.min(FARTHEST, Math.max(0.4, this.#zoom * times));
    }

    /** Draw one of a trip's drives at a step; of the other lines those that are `wanted`. */
    draw(trip, number, step, wanted) {
      const drive = trip.drives[number];
      const other = trip.drives[1 - number];
      const { at, size } = this.#view(trip, drive.path[Math.min(step, drive.path.length - 1)]);
      const places = drive.path.map(at);
      const behind = places.slice(0, step + 1);
      this.#line("shortest", wanted.shortest ? trip.shortest.map(at) : []);
      this.#line("other", wanted.other ? other.path.map(at) : [], `drive-${1 - number}`);
      this.#line("ahead", places.slice(step + 1), `drive-${number}`);
      this.#line("casing", behind);
      this.#line("driven", behind, `drive-${number}`);
      const lines = along([...places, ...other.path.map(at)]);
      const marks = this.#ends(trip, places[0], at, lines, size);
      if (places[step + 1]) marks.push(...arrow(places[step], places[step + 1]));
      drive.steps.forEach(([played, own], count) => {
        if (played !== own) marks.push(mark("detour", "M-9 -9H9V9H-9Z", places[count]));
      });
      if (drive.left !== null) marks.push(...gone(places.at(-1), this.#city.symbols[drive.steps[drive.left][0]]));
      this.#part("marks").replaceChildren(...marks, this.#car);
      const [x, y] = behind.at(-1);
      this.#car.style.transform = `translate(${x}px, ${y}px)`;
    }

    #ends({ goal, to, drives }, start, at, lines, size) {
      const name = this.#city.names[drives[0].path[0]] ?? "";
      const marks = [make("circle", { class: "place", cx: start[0], cy: start[1], r: 5.5 })];
      if (goal !== null) marks.push(mark("goal", "M0 -9L9 0L0 9L-9 0Z", at(goal)), label(at(goal), to, lines, size));
      return [...marks, label(start, name, lines, size)];
    }

    /** Fits the trip into the box; enlarged, the place where it is now stays in the middle. */
    #view({ goal, shortest, drives }, here) {
      const { nodes } = this.#city;
      const [width, height] = [this.#svg.clientWidth || 600, this.#svg.clientHeight || 400];
      const seen = [...drives[0].path, ...drives[1].path, ...shortest, ...(goal === null ? [] : [goal])];
      const ends = (pick, axis) => seen.reduce((found, node) => pick(found, nodes[node][axis]), nodes[seen[0]][axis]);
      const [[left, right], [top, bottom]] = [0, 1].map((axis) => [ends(Math.min, axis), ends(Math.max, axis)]);
      const fits = [
        (width - 2 * MARGIN - BUTTONS) / Math.max(right - left, 1),
        (height - 2 * MARGIN) / Math.max(bottom - top, 1),
      ];
      const scale = Math.min(CLOSEST, ...fits) * this.#zoom;
      const middle = this.#zoom > 1 ? nodes[here] : [(left + right) / 2, (top + bottom) / 2];
      const shift = [(width - BUTTONS) / 2 - middle[0] * scale, height / 2 - middle[1] * scale];
      this.#svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      this.#paint(scale, shift, [width, height]);
      const at = (node) => nodes[node].map((metres, axis) => Math.round(10 * (metres * scale + shift[axis])) / 10);
      return { at, size: [width, height] };
    }

    /** The streets in sight, unless they are there already. */
    #paint(scale, [dx, dy], [width, height]) {
      const color = getComputedStyle(this.#canvas).color;
      const wanted = [scale, dx, dy, width, height, devicePixelRatio, color].join(" ");
      if (wanted === this.#painted) return;
      this.#painted = wanted;
      Object.assign(this.#canvas, { width: width * devicePixelRatio, height: height * devicePixelRatio });
      const context = this.#context;
      context.scale(devicePixelRatio, devicePixelRatio);
      Object.assign(context, { strokeStyle: color, lineWidth: 1.4 });
      context.beginPath();
      for (let i = 0; i < this.#streets.length; i += 4) {
        const [x0, y0, x1, y1] = this.#streets.subarray(i, i + 4);
        const [left, top, right, bottom] = [x0 * scale + dx, y0 * scale + dy, x1 * scale + dx, y1 * scale + dy];
        if (Math.max(left, right) < 0 || Math.min(left, right) > width) continue;
        if (Math.max(top, bottom) < 0 || Math.min(top, bottom) > height) continue;
        context.moveTo(left, top);
        context.lineTo(right, bottom);
      }
      context.stroke();
    }

    #part(name) {
      return this.#svg.querySelector(`[data-part="${name}"]`);
    }

    #line(name, places, kind = "") {
      this.#part(name).setAttribute("points", points(places));
      this.#part(name).setAttribute("class", kind);
    }
  };
})();
