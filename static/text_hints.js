// Under a long text: words that have another place, and what to write instead. A hint, never a block.
// The list is asked for once; what is typed stays in the page.
(() => {
  "use strict";
  const slots = [...document.querySelectorAll("[data-text-hints]")].filter((slot) => document.getElementById(slot.dataset.of));
  if (!slots.length) return;

  // letter for letter, so that places found are places of the text (accounts/operations/hints.py does the same)
  const plain = (letter) => {
    if (/\s/u.test(letter)) return " ";
    return letter === "’" ? "'" : (Array.from(letter.normalize("NFD"))[0].toLowerCase()[0] ?? "");
  };

  const watch = (slot, hints) => {
    const control = document.getElementById(slot.dataset.of);
    const model = slot.querySelector("template").content;
    let shown = "";
    const look = () => {
      const letters = Array.from(control.value.normalize("NFC"));
      const folded = letters.map(plain).join("");
      const found = hints.map((hint) => [hint.pattern.exec(folded), hint]).filter(([met]) => met);
      found.sort(([one], [other]) => one.index - other.index);
      const words = found.map(([met]) => letters.slice(met.index, met.index + met[0].length).join(""));
      if (words.join("\n") === shown) return;
      shown = words.join("\n");
      slot.querySelectorAll(".hint").forEach((hint) => hint.remove());
      found.forEach(([, hint], rank) => {
        const line = model.cloneNode(true);
        line.querySelector("[data-word]").textContent = `«\u00a0${words[rank]}\u00a0»`;
        line.querySelector("[data-text]").textContent = hint.suggestion;
        slot.append(line);
      });
    };
    let waiting = 0;
    control.addEventListener("input", () => {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(look, 400);
    });
    control.setAttribute("aria-describedby", `${control.getAttribute("aria-describedby") ?? ""} ${slot.id}`.trim());
    look();
  };

  fetch(slots[0].dataset.textHints, { credentials: "same-origin" })
    .then((answer) => (answer.ok ? answer.json() : { hints: [] }))
    .then(({ hints }) => {
      const known = hints.map((hint) => ({ ...hint, pattern: new RegExp(hint.pattern, "u") }));
      slots.forEach((slot) => watch(slot, known));
    })
    .catch(() => {}); // the list did not come: one writes without it
})();
