(() => {
  "use strict";
  const COMPASS = { N: 90, NE: 45, E: 0, SE: -45, S: -90, SW: -135, W: 180, NW: 135 };
  const END = "end";
  const MARGIN = 40; // pixels around a trip
  const BUTTONS = 46; // pixels to the right of it that the buttons take
  const CLOSEST = 0.5; // pixels to a metre, at most: a short trip shows its surroundings too
  const STUB = 34; // pixels of a street that does not exist
  const LETTERS = 24; // of a name on the map
  const [LETTER, LINE] = [8, 17]; // pixels that a letter and a line of them take
  const TOP = 5; // symbols that a step tells the probability of
  const EARLY = "800px"; // a player is built when it is this near to being seen

  let players;
  const read = () =>
    (players ??= JSON.parse(document.getElementById("nerode-data").textContent).players);

  const make = (name, attributes = {}, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };
  const html = (name, kind = "", text = "") => {
    const element = document.createElement(name);
    element.className = kind;
    element.textContent = text;
    return element;
  };
  const share = (p) => (p < 0.005 ? "<0.01" : p > 0.995 && p < 1 ? ">0.99" : p.toFixed(2));
  const short = (name) => (name.length > LETTERS ? `${name.slice(0, LETTERS - 1)}…` : name);
  const along = (places) => // points every few pixels
    places.slice(1).flatMap(([x, y], i) =>
      [0, 0.25, 0.5, 0.75, 1].map((t) => [places[i][0] + t * (x - places[i][0]), places[i][1] + t * (y - places[i][1])]),
    );
  const points = (places) => places.map((place) => place.join(",")).join(" ");

  /** One step in words and numbers. */
  const read_step = ({ symbols, names }, drive, at) => {
    const [played, wanted, top, legal] = drive.steps[at];
    const expects = [];
    for (let i = 0; i < top.length; i += 2) expects.push({ symbol: top[i], p: top[i + 1] });
    const of = (symbol) => expects.find((each) => each.symbol === symbol)?.p ?? 0;
    // Of other symbols is known only that each is less probable than those that are told.
    const less = expects.length < TOP ? share(0) : "less";
    for (const symbol of legal) if (!top.some((each, i) => i % 2 === 0 && each === symbol)) expects.push({ symbol, less });
    return {
      played: symbols[played],
      wanted: symbols[wanted],
      detour: played !== wanted,
      legal: legal.includes(played),
      p: of(played),
      wish: of(wanted),
      place: names[drive.path[at]] ?? "",
      expects: expects.map(({ symbol, p, less: told }) => ({
        name: symbols[symbol],
        p: p ?? 0,
        told: told ?? share(p),
        legal: legal.includes(symbol),
        played: symbol === played,
        wanted: symbol === wanted,
      })),
    };
  };

  const why_not = (name) =>
    name === END ? "not its destination" : name in COMPASS ? "no such street" : "no turn";

  const sentence = (step, drive, at) => {
    const last = at === drive.steps.length - 1;
    const start = `Step ${at + 1} of ${drive.steps.length}, at ${step.place}: `;
    const does = `${step.played} with probability ${share(step.p)}`;
    if (!step.legal) {
      const reason =
        step.played === END
          ? "It stops here, and this is not its destination."
          : step.played in COMPASS
            ? `It leaves the map here: there is no street ${step.played} at ${step.place}.`
            : `It leaves the map here: ${step.played} is no turn.`;
      return `${start}${does}. ${reason}`;
    }
    const turn = step.detour
      ? `it wanted ${step.wanted} (${share(step.wish)}) and is made to go ${step.played} (${share(step.p)}), which is legal as well.`
      : `${does}; legal.`;
    const end = !last ? "" : drive.arrived ? " It has arrived." : " Its time is up: it has not arrived.";
    return `${start}${turn}${end}`;
  };

  const outcome = (drive, last, forced) => {
    const count = `${drive.steps.length} ${drive.steps.length === 1 ? "step" : "steps"}`;
    const how = forced === null ? "" : forced ? "With one detour: " : "As it likes: ";
    if (drive.arrived) return `${how}it arrives, in ${count}.`;
    if (drive.left !== null && last === END) return `${how}it stops elsewhere, at step ${drive.left + 1}.`;
    if (drive.left !== null) return `${how}it leaves the map at step ${drive.left + 1}.`;
    return `${how}it has not arrived after ${count}.`;
  };

  const start = (section) => {
    const city = read()[section.id];
    const { nodes, names, runs } = city;
    const stage = section.querySelector(".player-stage");
    const part = (name) => stage.querySelector(`[data-part="${name}"]`);
    const svg = stage.querySelector(".player-map > svg");
    const range = stage.querySelector("input[type=range]");
    const button = (name) => stage.querySelector(`[data-act="${name}"]`);
    const car = make("circle", { class: "car", r: 7 });
    const now = { run: 0, trip: 0, drive: 0, step: 0, zoom: 1, timer: 0 };
    const trip = () => runs[now.run].trips[now.trip];
    const drive = () => trip().drives[now.drive];
    const final = () => Math.max(0, drive().steps.length - 1);

    // The map: everything in pixels, so that lines and letters keep their size.

    const view = () => {
      const [width, height] = [svg.clientWidth || 600, svg.clientHeight || 400];
      const { goal, shortest, drives } = trip();
      const seen = [...drives[0].path, ...drives[1].path, ...shortest, ...(goal === null ? [] : [goal])];
      const [low, high] = [Math.min, Math.max].map((pick) =>
        [0, 1].map((axis) => seen.reduce((found, node) => pick(found, nodes[node][axis]), nodes[seen[0]][axis])),
      );
      const fit = Math.min(
        CLOSEST,
        (width - 2 * MARGIN - BUTTONS) / Math.max(high[0] - low[0], 1),
        (height - 2 * MARGIN) / Math.max(high[1] - low[1], 1),
      );
      const scale = fit * now.zoom;
      const here = nodes[drive().path[Math.min(now.step, drive().path.length - 1)]];
      const middle = now.zoom > 1 ? here : [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2];
      const shift = [(width - BUTTONS) / 2 - middle[0] * scale, height / 2 - middle[1] * scale];
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      part("streets").setAttribute("transform", `translate(${shift[0]} ${shift[1]}) scale(${scale})`);
      const at = (node) => nodes[node].map((metres, axis) => Math.round(10 * (metres * scale + shift[axis])) / 10);
      return { width, height, at };
    };

    /** A name beside its place, where it hides least of the lines. */
    const label = ([x, y], name, lines, { width, height }) => {
      const text = short(name);
      const wide = LETTER * text.length;
      const hidden = ({ left, top }) =>
        (left < 0 || left + wide > width || top < 0 || top + LINE > height ? 1000 : 0) +
        lines.filter(([a, b]) => a > left - 6 && a < left + wide + 6 && b > top - 6 && b < top + LINE + 6).length;
      const sides = [
        { anchor: "start", at: x + 12, left: x + 12 },
        { anchor: "end", at: x - 12, left: x - 12 - wide },
        { anchor: "middle", at: x, left: x - wide / 2 },
      ];
      const corners = sides.flatMap((side) => [y - LINE / 2, y - LINE - 12, y + 12].map((top) => ({ ...side, top })));
      const { anchor, at, top } = corners.reduce((best, each) => (hidden(each) < hidden(best) ? each : best));
      return make("text", { x: at, y: top + 13, "text-anchor": anchor }, text);
    };

    const arrow = ([x0, y0], [x1, y1]) => {
      const angle = Math.atan2(y1 - y0, x1 - x0);
      const long = Math.hypot(x1 - x0, y1 - y0);
      const end = long > 30 ? long - 8 : long; // what is marked at the next crossing stays in sight
      const [x, y] = [x0 + end * Math.cos(angle), y0 + end * Math.sin(angle)];
      return [
        make("path", { class: "move", d: `M${x0} ${y0}L${x} ${y}` }),
        make("path", { class: "head", d: "M3 0L-9 6.5L-9 -6.5Z", transform: `translate(${x} ${y}) rotate(${(angle * 180) / Math.PI})` }),
      ];
    };

    const gone = ([x, y], turn) => {
      const angle = (-COMPASS[turn] * Math.PI) / 180;
      const [dx, dy] = turn in COMPASS ? [STUB * Math.cos(angle), STUB * Math.sin(angle)] : [0, -20];
      return [
        make("path", { class: "stub", d: `M${x} ${y}l${dx} ${dy}` }),
        make("path", { class: "cross", d: "M-6.5 -6.5L6.5 6.5M-6.5 6.5L6.5 -6.5", transform: `translate(${x + dx} ${y + dy})` }),
      ];
    };

    const draw = () => {
      const { goal, to, shortest, drives } = trip();
      const { path, steps, left } = drive();
      const map = view();
      const places = path.map(map.at);
      const behind = places.slice(0, now.step + 1);
      const line = (name, shown, kind) => {
        part(name).setAttribute("points", points(shown));
        part(name).setAttribute("class", kind);
      };
      const wanted = (name) => stage.querySelector(`input[value="${name}"][type=checkbox]`).checked;
      line("shortest", wanted("shortest") ? shortest.map(map.at) : [], "");
      line("other", wanted("other") ? drives[1 - now.drive].path.map(map.at) : [], `drive-${1 - now.drive}`);
      line("ahead", places.slice(now.step + 1), `drive-${now.drive}`);
      line("casing", behind, "casing");
      line("driven", behind, `drive-${now.drive}`);
      const here = behind.at(-1);
      const lines = drives.flatMap((each) => along(each.path.map(map.at)));
      const marks = [make("circle", { class: "place", cx: places[0][0], cy: places[0][1], r: 5.5 })];
      marks.push(label(places[0], names[path[0]] ?? "", lines, map));
      if (goal !== null) {
        const [x, y] = map.at(goal);
        marks.push(make("path", { class: "goal", d: "M0 -9L9 0L0 9L-9 0Z", transform: `translate(${x} ${y})` }));
        marks.push(label([x, y], to, lines, map));
      }
      steps.forEach(([played, other], at) => {
        if (played === other) return;
        const [x, y] = places[at];
        marks.push(make("path", { class: "detour", d: "M-5.5 -5.5H5.5V5.5H-5.5Z", transform: `translate(${x} ${y})` }));
      });
      if (left !== null) marks.push(...gone(places.at(-1), city.symbols[steps[left][0]]));
      if (places[now.step + 1]) marks.push(...arrow(here, places[now.step + 1]));
      part("marks").replaceChildren(...marks, car);
      car.style.transform = `translate(${here[0]}px, ${here[1]}px)`;
    };

    // Beside the map

    const bar = ({ name, p, told, legal, played, wanted }, detour) => {
      const row = html("li", `${played ? "played" : ""} ${legal ? "" : "illegal"}`);
      const of = html("div", "of");
      const tags = [legal ? "✓ legal" : `✗ ${why_not(name)}`];
      if (played) tags.unshift(detour ? "▸ forced on it" : "▸ its choice");
      else if (wanted) tags.unshift("its choice");
      of.append(html("b", "", name), html("span", "tag", tags.join(" · ")), html("span", "share", told));
      const whole = html("span", "bar");
      const filled = html("span");
      filled.style.width = `${100 * Math.min(p, 1)}%`;
      whole.append(filled);
      row.append(of, whole);
      return row;
    };

    const tell = () => {
      const [found, { drives }] = [drive(), trip()];
      const step = found.steps.length ? read_step(city, found, now.step) : null;
      const forced = drives[1].steps.some(([played, wanted]) => played !== wanted);
      const last = city.symbols[found.steps.at(-1)?.[0]];
      part("outcome").textContent =
        now.drive && !forced
          ? `No turn could be replaced. ${outcome(found, last, null)}`
          : outcome(found, last, now.drive === 1);
      part("outcome").classList.toggle("fails", !found.arrived);
      part("told").textContent = step ? sentence(step, found, now.step) : "The model names nothing that could follow.";
      part("heading").textContent = step ? `What it expects at ${step.place}` : "";
      part("bars").replaceChildren(...(step?.expects ?? []).map((each) => bar(each, step.detour)));
    };

    const show = () => {
      range.max = final() + 1;
      range.value = now.step + 1;
      range.setAttribute("aria-valuetext", `step ${now.step + 1} of ${final() + 1}`);
      button("first").disabled = button("back").disabled = now.step === 0;
      button("on").disabled = now.step === final();
      draw();
      tell();
    };

    // What can be done

    const stop = () => {
      clearTimeout(now.timer);
      now.timer = 0;
      stage.classList.remove("playing");
      button("play").setAttribute("aria-label", "Play");
      part("told").setAttribute("aria-live", "polite");
    };
    const go = (step) => {
      now.step = Math.min(Math.max(step, 0), final());
      show();
    };
    const tick = () => {
      // The last step is told aloud, those before it pass too fast.
      if (now.step + 1 >= final()) stop();
      else now.timer = setTimeout(tick, Number(part("speed").value));
      go(now.step + 1);
    };
    const play = () => {
      if (now.timer) return stop();
      stage.classList.add("playing");
      button("play").setAttribute("aria-label", "Stop");
      part("told").setAttribute("aria-live", "off");
      if (now.step === final()) go(0);
      now.timer = setTimeout(tick, Number(part("speed").value));
    };
    const acts = {
      first: () => go(0),
      back: () => go(now.step - 1),
      on: () => go(now.step + 1),
    };
    const choose_trip = (number) => {
      Object.assign(now, { trip: number, zoom: 1 });
      part("trip").value = number;
      go(final()); // how it ends; playing begins at the start
    };
    const choose_drive = (number) => {
      const ended = now.step === final();
      now.drive = number;
      stage.querySelector(`input[type=radio][value="${number}"]`).checked = true;
      go(ended ? final() : now.step);
    };
    const choose_run = (number) => {
      now.run = number;
      const { trips, groups } = runs[number];
      const options = groups.map(([name, members]) => {
        const group = document.createElement("optgroup");
        group.label = `${name} (${members.length})`;
        group.append(
          ...members.map((each) => new Option(`${names[trips[each].drives[0].path[0]]} → ${trips[each].to}`, each)),
        );
        return group;
      });
      part("trip").replaceChildren(...options);
      now.step = 0;
      now.trip = groups[0][1][0];
      const { drives } = trips[now.trip];
      choose_drive(drives[0].arrived && !drives[1].arrived ? 1 : 0);
      choose_trip(now.trip);
    };

    stage.addEventListener("click", ({ target }) => {
      const pressed = target.closest("button");
      if (!pressed) return;
      if (pressed.dataset.act === "play") return play();
      if (pressed.dataset.act) {
        stop();
        return acts[pressed.dataset.act]();
      }
      now.zoom = pressed.value === "0" ? 1 : Math.min(12, Math.max(0.4, now.zoom * pressed.value));
      draw();
    });
    stage.addEventListener("input", ({ target }) => {
      if (target.type === "checkbox") return draw();
      if (target === part("speed")) return;
      stop();
      if (target === range) go(range.value - 1);
      else if (target.type === "radio") choose_drive(Number(target.value));
      else if (target === part("trip")) choose_trip(Number(target.value));
      else choose_run(Number(target.value));
    });
    stage.addEventListener("keydown", (event) => {
      const { key, target } = event;
      const taken = target.matches("select, button, input:not([type=range])");
      const steps = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };
      if (event.ctrlKey || event.altKey || event.metaKey || taken) return;
      if (key === " ") play();
      else if (key in steps && target !== range) {
        stop();
        go(now.step + steps[key]);
      } else return;
      event.preventDefault();
    });

    part("run").replaceChildren(...runs.map(({ title }, number) => new Option(title, number)));
    stage.hidden = false;
    choose_run(0);
    new ResizeObserver(draw).observe(svg);
  };

  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        start(target);
      }
    },
    { rootMargin: EARLY },
  );
  for (const section of document.querySelectorAll("section.player")) near.observe(section);
})();
