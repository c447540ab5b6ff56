// A game on its board, as the player shows it.
const gameScene = (stage, game) => {
  "use strict";
  const SIDE = 40; // of a square
  const SIDES = { b: "black", w: "white" };
  const { size, squares, symbols } = game;
  const svg = stage.querySelector(".player-map > svg");
  const layer = (name) => svg.querySelector(`[data-part="${name}"]`);

  const make = (name, attributes, text = "") => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };
  /** The middle of square number `at`. */
  const middle = (at) => [SIDE * (at % size) + SIDE / 2, SIDE * Math.floor(at / size) + SIDE / 2];
  const round = (at, kind, r) => {
    const [cx, cy] = middle(at);
    return make("circle", { class: kind, cx, cy, r });
  };
  const frame = (at, kind) => {
    const [x, y] = middle(at);
    return make("rect", { class: kind, x: x - 18, y: y - 18, width: 36, height: 36, rx: 3 });
  };
  const heat = ({ square, p }) => {
    const [x, y] = middle(square);
    const shade = make("rect", { class: "heat", x: x - SIDE / 2, y: y - SIDE / 2, width: SIDE, height: SIDE });
    shade.style.setProperty("--p", Math.sqrt(Math.min(p, 1)));
    return shade;
  };
  /** A probability in per cent: in the middle, or in the corner where the middle is marked. */
  const share = ({ square, p, played, legal }, discs) => {
    const [x, y] = middle(square);
    const marked = discs[square] !== "." || (played && !legal);
    const place = marked ? { x: x + 19, y: y - 12 } : { x, y: y + 4.5 };
    return make("text", { class: marked ? "share corner" : "share", ...place }, gameTold.percent(p));
  };
  const cross = (at) => {
    const [x, y] = middle(at);
    return make("path", { class: "cross", d: `M${x - 13} ${y - 13}l26 26m-26 0l26 -26` });
  };

  /** Discs; those that the last move turned have a dot. */
  const discs = (drive, at, prompt) => {
    const now = drive.boards[Math.min(at, drive.boards.length - 1)];
    const before = drive.boards[at - 1] ?? now;
    const last = at > 0 ? drive.steps[at - 1][0] : prompt.at(-1);
    const lastAt = squares.indexOf(symbols[last]);
    return [...now].flatMap((disc, square) => {
      if (disc === ".") return [];
      const drawn = [round(square, `disc ${SIDES[disc]}`, 15)];
      if (square === lastAt) drawn.push(round(square, `last ${SIDES[disc]}`, 10.5));
      else if (before[square] !== disc) drawn.push(round(square, `turned ${SIDES[disc]}`, 3.5));
      return drawn;
    });
  };

  const marks = ({ played, wanted, detour }) => {
    const found = [];
    if (detour && wanted.square >= 0) found.push(frame(wanted.square, "wanted"));
    if (played && played.square >= 0) {
      found.push(frame(played.square, "decided"));
      if (!played.legal) found.push(cross(played.square));
    }
    return found;
  };

  return {
    unforced: "No move could be replaced",
    name: ({ trial, prompt }) => `Game ${trial + 1}, from move ${prompt.length + 1}`,
    // After the last move of a finished game there is the position that it leads to.
    steps: (drive) => drive.steps.length + (drive.left === null ? 1 : 0),
    zoom: () => {},
    outcome: gameTold.outcome,
    draw: ({ drives, prompt }, number, at, shown) => {
      const found = gameTold.step(game, drives[number], at);
      const seen = found.expected.filter(({ square, p }) => square >= 0 && p >= gameTold.SHOWN);
      const legal = found.expected.filter(({ square, legal: may }) => may && square >= 0);
      layer("heat").replaceChildren(...(shown.heat ? seen.map(heat) : []));
      layer("discs").replaceChildren(...discs(drives[number], at, prompt));
      layer("legal").replaceChildren(...(shown.legal ? legal.map(({ square }) => round(square, "legal", 13)) : []));
      layer("marks").replaceChildren(...marks(found));
      layer("shares").replaceChildren(...(shown.heat ? seen.map((each) => share(each, found.discs)) : []));
      svg.setAttribute("aria-label", gameTold.words(found, squares));
    },
    tell: ({ drives, prompt }, number, at) => {
      const found = gameTold.step(game, drives[number], at);
      const told = gameTold.sentence(found, drives[number], at, prompt.length);
      const heading = found.over ? "" : `What it expects from ${SIDES[found.mover]}`;
      return { told, heading, expected: gameTold.listed(found), detour: found.detour ?? false };
    },
  };
};
