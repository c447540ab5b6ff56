// Trips of the model: one is chosen, and played step by step. What they look like and how they are
// told is up to a scene: that of a street map, or that of a board.
(() => {
  "use strict";
  const SCENES = { drive: driveScene, game: gameScene };
  const STEPS = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

  let players;
  const read = () => (players ??= JSON.parse(document.getElementById("nerode-data").textContent).players);

  const html = (name, kind = "", text = "") => {
    const element = document.createElement(name);
    element.className = kind;
    element.textContent = text;
    return element;
  };

  /** One symbol that the model expects. */
  const bar = ({ name, p, told, legal, why, played, wanted }, detour) => {
    const row = html("li", [played ? "played" : "", legal ? "" : "illegal"].join(" ").trim());
    const tags = [legal ? "✓ legal" : `✗ ${why}`];
    if (played) tags.unshift(detour ? "▸ forced on it" : "▸ its choice");
    else if (wanted) tags.unshift("its choice");
    const of = html("div", "of");
    of.append(html("b", "", name), html("span", "tag", tags.join(" · ")), html("span", "share", told));
    const whole = html("span", "bar");
    whole.append(html("span"));
    whole.firstChild.style.width = `${100 * Math.min(p, 1)}%`;
    row.append(of, whole);
    return row;
  };

  const start = (section) => {
    const data = read()[section.id];
    const stage = section.querySelector(".player-stage");
    const part = (name) => stage.querySelector(`[data-part="${name}"]`);
    const button = (name) => stage.querySelector(`[data-act="${name}"]`);
    const range = stage.querySelector("input[type=range]");
    const scene = SCENES[section.dataset.kind](stage, data);
    const now = { run: 0, trip: 0, drive: 0, step: 0, timer: 0 };
    const trip = () => data.runs[now.run].trips[now.trip];
    const drive = () => trip().drives[now.drive];
    const final = () => Math.max(0, scene.steps(drive()) - 1);

    const draw = () => {
      const layers = [...stage.querySelectorAll("input[type=checkbox]")];
      const wanted = Object.fromEntries(layers.map(({ value, checked }) => [value, checked]));
      scene.draw(trip(), now.drive, now.step, wanted);
    };

    const outcome = () => {
      const told = scene.outcome(drive());
      if (now.drive === 0) return `As it likes: ${told}`;
      const forced = drive().steps.some(([played, wanted]) => played !== wanted);
      return forced ? `With one detour: ${told}` : `${scene.unforced}: ${told}`;
    };

    const tell = () => {
      const { told, heading, expected, detour } = scene.tell(trip(), now.drive, now.step);
      part("outcome").textContent = outcome();
      part("outcome").classList.toggle("fails", !drive().arrived);
      part("told").textContent = told;
      part("heading").textContent = heading;
      part("bars").replaceChildren(...expected.map((each) => bar(each, detour)));
    };

    const go = (step) => {
      now.step = Math.min(Math.max(step, 0), final());
      range.max = final() + 1;
      range.value = now.step + 1;
      range.setAttribute("aria-valuetext", `step ${now.step + 1} of ${final() + 1}`);
      button("first").disabled = button("back").disabled = now.step === 0;
      button("on").disabled = now.step === final();
      draw();
      tell();
    };

    // Playing: all steps but the last pass too fast to be read aloud.

    const playing = (on) => {
      stage.classList.toggle("playing", on);
      button("play").setAttribute("aria-label", on ? "Stop" : "Play");
      part("told").setAttribute("aria-live", on ? "off" : "polite");
      clearTimeout(now.timer);
      now.timer = on ? setTimeout(tick, Number(part("speed").value)) : 0;
    };
    const tick = () => {
      playing(now.step + 1 < final());
      go(now.step + 1);
    };
    const play = () => {
      const begin = !now.timer;
      if (begin && now.step === final()) go(0);
      playing(begin && final() > 0);
    };

    // Choosing

    const chooseDrive = (number) => {
      const ended = now.step === final();
      now.drive = number;
      stage.dataset.drive = number;
      stage.querySelector(`input[type=radio][value="${number}"]`).checked = true;
      go(ended ? final() : now.step);
    };
    const chooseTrip = (number) => {
      now.trip = number;
      part("trip").value = number;
      scene.zoom(0);
      go(final()); // how it ends; playing begins at the start
    };
    const chooseRun = (number) => {
      const { trips, groups } = data.runs[number];
      const option = (each) => new Option(scene.name(trips[each]), each);
      const options = groups.map(([name, members]) => {
        const group = document.createElement("optgroup");
        group.label = `${name} (${members.length})`;
        group.append(...members.map(option));
        return group;
      });
      part("trip").replaceChildren(...options);
      Object.assign(now, { run: number, trip: groups[0][1][0] });
      chooseDrive(trip().drives[0].arrived && !trip().drives[1].arrived ? 1 : 0);
      chooseTrip(now.trip);
    };

    const acts = { first: () => go(0), back: () => go(now.step - 1), on: () => go(now.step + 1) };

    stage.addEventListener("click", ({ target }) => {
      const pressed = target.closest("button");
      if (!pressed) return;
      const { act } = pressed.dataset;
      if (act === "play") play();
      else if (act) {
        playing(false);
        acts[act]();
      } else {
        scene.zoom(Number(pressed.value));
        draw();
      }
    });
    stage.addEventListener("input", ({ target }) => {
      if (target === part("speed")) return;
      if (target.type === "checkbox") {
        draw();
        return;
      }
      playing(false);
      if (target === range) go(range.value - 1);
      else if (target.type === "radio") chooseDrive(Number(target.value));
      else if (target === part("trip")) chooseTrip(Number(target.value));
      else chooseRun(Number(target.value));
    });
    stage.addEventListener("keydown", (event) => {
      const { key, target } = event;
      const taken = target.matches("select, button, input:not([type=range])");
      if (taken || event.ctrlKey || event.altKey || event.metaKey) return;
      if (key === " ") play();
      else if (key in STEPS && target !== range) {
        playing(false);
        go(now.step + STEPS[key]);
      } else return;
      event.preventDefault();
    });

    part("run").replaceChildren(...data.runs.map(({ title }, number) => new Option(title, number)));
    chooseRun(0);
    new ResizeObserver(draw).observe(stage.querySelector(".player-map > svg"));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  };

  for (const section of document.querySelectorAll("section.player")) whenNear(section, "800px", () => start(section));
})();
