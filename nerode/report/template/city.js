(() => {
  "use strict";
  const { cities } = JSON.parse(document.getElementById("nerode-data").textContent);
  const told = new Intl.NumberFormat("en");

  const webgl = () => {
    const context = document.createElement("canvas").getContext("webgl");
    context?.getExtension("WEBGL_lose_context")?.loseContext();
    return context !== null;
  };

  class City {
    constructor(section, data, type) {
      this.section = section;
      this.data = data;
      this.type = type;
      this.marked = []; // from where to where the street leads that is pointed at
      this.choices = [cityStreets.trueMap(data.runs[0], data), ...data.runs.map((run) => cityStreets.reconstruction(run, data))];
      this.panels = [...section.querySelectorAll(".city-panel")].map((panel) => new CityPanel(panel, this));
      this.slider = section.querySelector("input[type=range]");
      this.layers = [...section.querySelectorAll(".city-layers input")];
      this.listen();
      this.showAll();
      this.fill();
    }

    get after() { return Number(this.slider.value); }

    get held() { return this.panels.some((panel) => panel.fingers.size > 0); }

    get wanted() { return new Set(this.layers.filter((box) => box.checked).map((box) => box.value)); }

    listen() {
      this.slider.addEventListener("input", () => { this.stop(); this.fill(); });
      this.layers.forEach((box) => box.addEventListener("change", () => this.fill()));
      this.section.querySelector(".city-play").addEventListener("click", () => (this.playing ? this.stop() : this.play()));
      this.section.querySelectorAll(".city-show").forEach((button) => {
        button.addEventListener("click", () => this.find(Number(button.dataset.run), Number(button.dataset.street)));
      });
      matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.paint());
      new ResizeObserver(() => this.move(this.view, true)).observe(this.panels[0].map);
    }

    /** The whole map in sight, new streets included: they join its crossings. */
    showAll() {
      const { lat, lon } = this.data;
      const [south, north, west, east] = [lat, lon].flatMap((all) => [
        all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b)),
      ]);
      const shrink = Math.cos(((south + north) / 2) * (Math.PI / 180));
      const { width, height } = this.panels[0];
      const span = 1.06 * Math.max(north - south, ((east - west) * shrink * height) / width, 1e-4);
      this.whole = { lat: (south + north) / 2, lon: (west + east) / 2, span, shrink };
      this.move(this.whole);
    }

    /** `span`: degrees of latitude from top to bottom. */
    move(view, anew = false) {
      const span = Math.min(4 * this.whole.span, Math.max(this.whole.span / 400, view.span));
      this.view = { ...view, span };
      if (!anew && this.marked.length) this.panels[0].leave();
      this.panels.forEach((panel) => panel.move(anew));
    }

    /** Zooms by a factor about a place of the panel (default: its middle), in pixels from there. */
    zoom(factor, right = 0, down = 0) {
      const { lat, lon, span, shrink } = this.view;
      const degree = (span * (1 - factor)) / this.panels[0].height;
      this.move({ ...this.view, lat: lat - down * degree, lon: lon + (right * degree) / shrink, span: span * factor });
    }

    push(right, down) {
      const degree = this.view.span / this.panels[0].height;
      this.move({ ...this.view, lat: this.view.lat + down * degree, lon: this.view.lon - (right * degree) / this.view.shrink });
    }

    mark(ends) {
      this.marked = ends;
      this.panels.forEach((panel) => panel.underline());
    }

    fill() {
      const every = Number(this.slider.max);
      const count = this.after === every ? `all ${told.format(every)}` : told.format(this.after);
      this.section.querySelector("output").textContent = count;
      this.slider.setAttribute("aria-valuetext", `after ${count} of ${told.format(every)} sequences`);
      this.panels.forEach((panel) => panel.count());
      clearTimeout(this.telling);
      this.telling = setTimeout(() => this.playing || this.tell(), 400);
      this.paint();
    }

    /** To screen readers, once the slider rests. */
    tell() {
      const status = this.panels.map((panel) => `${panel.name}: ${panel.counts.textContent}`).join(". ");
      this.section.querySelector("[role=status]").textContent = `After ${this.after} sequences. ${status}`;
    }

    paint() { this.panels.forEach((panel) => panel.paint()); }

    /** The first sequences need most streets, so time begins slowly. */
    play() {
      const every = Number(this.slider.max);
      const from = this.after === every ? 0 : Math.sqrt(this.after / every);
      const began = performance.now() - from * 9000;
      const step = (now) => {
        const share = Math.min(1, Math.max(0, (now - began) / 9000));
        this.slider.value = Math.round(every * share ** 2);
        this.playing = share < 1 ? requestAnimationFrame(step) : 0;
        this.fill();
        if (!this.playing) this.stop();
      };
      this.playing = requestAnimationFrame(step);
      this.section.querySelector(".city-play").setAttribute("aria-pressed", "true");
    }

    stop() {
      cancelAnimationFrame(this.playing);
      this.playing = 0;
      this.section.querySelector(".city-play").setAttribute("aria-pressed", "false");
    }

    /** Goes to a street, on a panel that shows its run. */
    find(choice, street) {
      const panel = this.panels.find((each) => each.shows === choice) ?? this.panels[1];
      panel.choose(choice);
      const run = this.data.runs[choice - 1];
      const ends = [run.from[street], run.to[street]];
      const [lat, lon] = [this.data.lat, this.data.lon].map((all) => (all[ends[0]] + all[ends[1]]) / 2);
      const long = Math.max(run.metres[street], 120) / 111195;
      this.move({ ...this.view, lat, lon, span: 3.5 * long });
      panel.map.scrollIntoView({ block: "center" });
      panel.map.focus({ preventScroll: true });
      panel.point(street, panel.width / 2, panel.height / 2);
    }
  }

  for (const [id, data] of Object.entries(cities)) {
    const section = document.getElementById(id);
    whenNear(section, "300px", () => new City(section, data, webgl() ? "scattergl" : "scatter"));
  }
})();
