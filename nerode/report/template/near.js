// Maps and players are laid out from the start, so that nothing moves below them and the keyboard
// finds their controls. They are built when they are about to be seen, or used.
const whenNear = (section, margin, build) => {
  "use strict";
  const USED = ["focusin", "pointerdown", "click"];
  const used = new AbortController();
  const near = new IntersectionObserver(
    (seen) => seen.some((entry) => entry.isIntersecting) && requestAnimationFrame(once),
    { rootMargin: margin },
  );
  const once = () => {
    if (used.signal.aborted) return;
    used.abort();
    near.disconnect();
    build();
  };
  // On the way down, so that what is built hears of it as well.
  USED.forEach((name) => section.addEventListener(name, once, { capture: true, signal: used.signal }));
  near.observe(section);
};
