// One map of a city: it draws, it is moved, and it tells what lies under the pointer.
const CityPanel = (() => {
  "use strict";
  const LAYERS = ["unused", "used", "new", "impossible"]; // in the order in which they are drawn
  const WIDTHS = { unused: 0.7, used: 1, new: 1.4, impossible: 1.2 };
  const DASHES = { unused: "solid", used: "solid", new: "dash", impossible: "solid" };
  const FAST = 60; // milliseconds: where a map is drawn faster, it is drawn at every movement
  const STILL = 140; // milliseconds of rest before a map that was only pushed is drawn anew
  const HELD = 600; // and while a finger still holds it
  const NEAR = { mouse: 10, touch: 24 }; // pixels
  const ROLLING = 250; // milliseconds: a wheel that just moved the page goes on moving it
  const ZOOMS = { in: (city) => city.zoom(0.6), out: (city) => city.zoom(1 / 0.6), all: (city) => city.showAll() };
  const KEYS = {
    ArrowLeft: (city) => city.push(60, 0),
    ArrowRight: (city) => city.push(-60, 0),
    ArrowUp: (city) => city.push(0, 60),
    ArrowDown: (city) => city.push(0, -60),
    "+": ZOOMS.in,
    "=": ZOOMS.in,
    "-": ZOOMS.out,
    "0": ZOOMS.all,
    Escape: (city, panel) => panel.leave(),
  };
  const told = new Intl.NumberFormat("en");

  const frame = () => new Promise(requestAnimationFrame);

  let scrolled = -Infinity;
  addEventListener("scroll", () => { scrolled = performance.now(); }, { passive: true });

  return class Panel {
    constructor(panel, city) {
      this.city = city;
      this.map = panel.querySelector(".city-map");
      this.plot = panel.querySelector(".city-plot");
      this.mark = panel.querySelector(".city-mark line");
      this.tip = panel.querySelector(".city-tip");
      this.counts = panel.querySelector(".city-counts");
      this.select = panel.querySelector("select");
      this.heading = panel.querySelector("h3");
      this.shows = Number(this.map.dataset.shows);
      this.fingers = new Map();
      this.drawing = Infinity; // milliseconds that it took last
      this.listen();
    }

    listen() {
      const { map, fingers, city } = this;
      const middle = () => {
        const all = [...fingers.values()];
        const [x, y] = ["x", "y"].map((axis) => all.reduce((sum, finger) => sum + finger[axis], 0) / all.length);
        return { x, y, apart: all.length < 2 ? 0 : Math.hypot(all[0].x - all[1].x, all[0].y - all[1].y) };
      };
      map.addEventListener("pointerdown", (event) => {
        if (event.target.closest("button") || event.button > 0) return;
        map.setPointerCapture(event.pointerId);
        fingers.set(event.pointerId, this.from(event));
        this.moved = fingers.size > 1 ? Infinity : 0;
      });
      map.addEventListener("pointermove", (event) => {
        if (!fingers.has(event.pointerId)) {
          if (event.pointerType === "mouse") this.hover(event);
          return;
        }
        const before = middle();
        fingers.set(event.pointerId, this.from(event));
        const now = middle();
        const [right, down] = [now.x - before.x, now.y - before.y];
        this.moved += Math.hypot(right, down);
        if (this.moved < 4) return;
        this.leave();
        city.push(right, down);
        if (before.apart && now.apart) {
          city.zoom(before.apart / now.apart, now.x - this.width / 2, now.y - this.height / 2);
        }
      });
      ["pointerup", "pointercancel"].forEach((name) => map.addEventListener(name, (event) => {
        if (!fingers.delete(event.pointerId) || name === "pointercancel") return;
        if (this.moved < 4) this.hover(event);
      }));
      map.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.leave());
      map.addEventListener("dblclick", (event) => {
        if (!event.target.closest("button")) this.toward(event, 0.5);
      });
      map.addEventListener("wheel", (event) => {
        if (performance.now() - scrolled < ROLLING && !event.ctrlKey) return;
        event.preventDefault();
        const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
        const delta = Math.max(-240, Math.min(240, event.deltaY * lines));
        this.toward(event, Math.exp(delta * (event.ctrlKey ? 0.01 : 0.0025)));
      }, { passive: false });
      map.addEventListener("keydown", (event) => {
        const key = KEYS[event.key];
        if (!key || event.ctrlKey || event.metaKey || event.altKey) return;
        if (event.target !== map && event.key !== "Escape") return;
        event.preventDefault();
        key(city, this);
      });
      map.querySelectorAll("button").forEach((button) => {
        button.addEventListener("click", () => ZOOMS[button.value](city));
      });
      this.select?.addEventListener("change", () => this.choose(Number(this.select.value)));
    }

    /** Where the pointer is, in pixels from the left and from the top. */
    from(event) {
      const { left, top } = this.map.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    }

    toward(event, factor) {
      const { x, y } = this.from(event);
      this.leave();
      this.city.zoom(factor, x - this.width / 2, y - this.height / 2);
    }

    hover(event) {
      const { x, y } = this.from(event);
      const off = event.target.closest("button");
      this.point(off ? -1 : this.nearest(x, y, NEAR[event.pointerType] ?? NEAR.touch), x, y);
    }

    get width() { return this.map.clientWidth; }

    get height() { return this.map.clientHeight; }

    get choice() { return this.city.choices[this.shows]; }

    get name() { return this.select?.selectedOptions[0].textContent ?? this.heading.textContent; }

    get layers() {
      const [all, wanted] = [this.choice.at(this.city.after), this.city.wanted];
      return LAYERS.map((name) => {
        const shown = wanted.has(name) || (this.shows === 0 && name === "used" && wanted.has("unused"));
        return { name, ...all[name], visible: shown };
      });
    }

    choose(choice) {
      this.shows = choice;
      if (this.select) this.select.value = choice;
      this.count();
      this.city.fill();
    }

    count() {
      this.counts.replaceChildren(...this.choice.counts(this.city.after).map(([layer, text]) => {
        const span = document.createElement("span");
        span.textContent = text;
        span.className = layer;
        return span;
      }));
    }

    paint() {
      if (this.waiting) return;
      this.waiting = requestAnimationFrame(async () => {
        const began = performance.now();
        const view = this.city.view;
        const style = getComputedStyle(this.map);
        const wide = Math.min(2.6, 1 + 0.35 * Math.max(0, Math.log2(this.city.whole.span / view.span)));
        const traces = this.layers.map(({ name, x, y, visible }) => ({
          type: this.city.type,
          mode: "lines",
          name,
          x,
          y,
          visible,
          hoverinfo: "skip",
          line: { color: style.getPropertyValue(`--map-${name}`).trim(), width: WIDTHS[name] * wide, dash: DASHES[name] },
        }));
        const across = (view.span * this.width) / this.height / view.shrink / 2;
        const axis = (middle, half) => ({ visible: false, fixedrange: true, range: [middle - half, middle + half] });
        const layout = {
          width: this.width,
          height: this.height,
          margin: { l: 0, r: 0, t: 0, b: 0 },
          paper_bgcolor: "rgba(0,0,0,0)",
          plot_bgcolor: "rgba(0,0,0,0)",
          showlegend: false,
          hovermode: false,
          dragmode: false,
          xaxis: axis(view.lon, across),
          yaxis: axis(view.lat, view.span / 2),
        };
        await Plotly.react(this.plot, traces, layout, { staticPlot: true, displayModeBar: false });
        this.drawn = { ...view, width: this.width, height: this.height };
        this.waiting = 0;
        this.slide();
        await frame();
        await frame(); // the graphics card is done
        this.drawing = performance.now() - began;
      });
    }

    move(anew) {
      this.underline();
      clearTimeout(this.resting);
      if (!this.drawn || anew || this.drawing < FAST) this.paint();
      else this.resting = setTimeout(() => this.paint(), this.city.held ? HELD : STILL);
      this.slide();
    }

    /** Where drawing is slow, what is drawn is pushed until the movement rests. */
    slide() {
      if (!this.drawn) return;
      const { lat, lon, span, shrink } = this.city.view;
      const pixels = this.height / span;
      const scale = this.drawn.span / span;
      const right = (this.drawn.lon - lon) * shrink * pixels;
      const down = (lat - this.drawn.lat) * pixels;
      const still = Math.abs(scale - 1) < 1e-9 && Math.hypot(right, down) < 0.01;
      this.plot.style.transform = still ? "" : `translate(${right}px, ${down}px) scale(${scale})`;
    }

    /** Where crossings are, in pixels from the left and from the top. */
    get places() {
      const { data, view } = this.city;
      const { width, height } = this;
      const pixels = height / view.span;
      return (node) => [
        width / 2 + (data.lon[node] - view.lon) * view.shrink * pixels,
        height / 2 - (data.lat[node] - view.lat) * pixels,
      ];
    }

    /** The street that is drawn nearest to a place, invented ones first. */
    nearest(x, y, reach) {
      let [best, least] = [-1, reach];
      const { run } = this.choice;
      const place = this.places;
      for (const { name, streets, visible } of this.layers) {
        if (!visible) continue;
        const bonus = name === "used" || name === "unused" ? 0 : 3;
        for (const street of streets) {
          const [ax, ay] = place(run.from[street]);
          const [bx, by] = place(run.to[street]);
          const [dx, dy] = [bx - ax, by - ay];
          const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1)));
          const away = Math.hypot(ax + along * dx - x, ay + along * dy - y) - bonus;
          if (away < least) [best, least] = [street, away];
        }
      }
      return best;
    }

    /** Tells about a street of this panel (-1: none) and marks where it lies, on both maps. */
    point(street, x, y) {
      const { run } = this.choice;
      this.city.mark(street < 0 ? [] : [run.from[street], run.to[street]]);
      this.city.panels.forEach((panel) => { panel.tip.hidden = panel !== this || street < 0; });
      if (street < 0) return;
      const [from, to] = this.city.marked;
      const back = this.layers.flatMap((layer) => (layer.visible ? [...layer.streets] : []))
        .filter((each) => run.from[each] === to && run.to[each] === from && each !== street);
      this.tip.replaceChildren(...[street, ...back.slice(0, 1)].flatMap((each) => this.describe(run, each)));
      this.tip.style.left = `${Math.max(8, Math.min(x + 14, this.width - this.tip.offsetWidth - 8))}px`;
      const under = y + 18 + this.tip.offsetHeight < this.height;
      this.tip.style.top = `${under ? y + 18 : Math.max(8, y - 14 - this.tip.offsetHeight)}px`;
    }

    leave() { this.point(-1); }

    /** All of it is text: names come from data. */
    describe(run, street) {
      const { names } = this.city.data;
      const line = (tag, text) => {
        const element = document.createElement(tag);
        element.textContent = text;
        return element;
      };
      const why = run.reasons[run.why[street]];
      const invented = run.kind[street] === "n";
      const kind = invented ? (why ? "impossible" : "invented") : "true";
      const found = [
        line("strong", `${run.labels[run.label[street]]} · ${told.format(run.metres[street])} m · ${kind}`),
        line("span", `${names[run.from[street]]} → ${names[run.to[street]]}`),
      ];
      if (this.shows > 0) {
        const uses = run.uses[street];
        const need = uses === 1 ? "1 sequence needs" : `${told.format(uses)} sequences need`;
        const first = `${need} it, number ${told.format(run.first[street] + 1)} first`;
        found.push(line("span", uses ? first : "no sequence needs it"));
      }
      if (why) found.push(line("em", why));
      return found;
    }

    underline() {
      const ends = this.city.marked.flatMap(this.places);
      ["x1", "y1", "x2", "y2"].forEach((name, at) => this.mark.setAttribute(name, ends[at] ?? 0));
      this.mark.parentNode.style.visibility = ends.length ? "visible" : "hidden";
    }
  };
})();
