// Tables of Hardware: choosing rows, and the keyboard. Every page works without it.
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");
  const table = () => document.querySelector(".choosing");
  const boxes = () => [...document.querySelectorAll(".choosing [name=device]")];

  // Choosing. Rows between the last box and one that is clicked with Shift follow the latter.

  let last = null;

  const tell = () => {
    const form = table();
    if (!form) return;
    const count = boxes().filter((box) => box.checked).length;
    const whole = form.querySelector("[data-whole-page]");
    whole.checked = count > 0 && count === boxes().length;
    whole.indeterminate = count > 0 && !whole.checked;
    const { one, more } = form.querySelector("output").dataset;
    const words = count === 1 ? one : more.replace("#", count);
    form.querySelector("output").value = form.elements.all.checked || !count ? "" : words;
  };

  document.addEventListener("click", (event) => {
    const box = event.target;
    // A finger needs more than the box.
    if (box.matches?.(".choosing td:first-child")) return box.firstElementChild.click();
    if (!box.matches?.(".choosing [name=device]")) return;
    const all = boxes();
    const from = all.indexOf(last);
    if (event.shiftKey && from >= 0) {
      const [first, end] = [from, all.indexOf(box)].sort((a, b) => a - b);
      for (const between of all.slice(first, end + 1)) between.checked = box.checked;
    }
    last = box;
  });

  document.addEventListener("change", (event) => {
    if (!event.target.closest(".choosing")) return;
    if (event.target.matches("[data-whole-page]")) for (const box of boxes()) box.checked = event.target.checked;
    tell();
  });

  // What the browser has kept of a page that somebody comes back to.
  window.addEventListener("pageshow", tell);
  document.addEventListener("htmx:afterSettle", tell);

  // Keys. Whoever wants none turns them off in the help, which a link opens as well (WCAG 2.1.4); "/" is velory.js's.

  const areOff = () => document.cookie.includes("shortcuts=off");

  document.addEventListener("change", (event) => {
    if (event.target.id !== "id_shortcuts") return;
    const secure = location.protocol === "https:" ? "; secure" : "";
    const word = event.target.checked ? "on" : "off";
    document.cookie = `shortcuts=${word}; path=/; max-age=31536000; samesite=lax${secure}`;
  });

  // The switch is drawn without knowing the cookie.
  const showSwitch = () => {
    const toggle = document.getElementById("id_shortcuts");
    if (toggle) toggle.checked = !areOff();
  };
  dialog.addEventListener("htmx:afterSwap", showSwitch);
  showSwitch();

  const go = (step) => {
    const links = [...document.querySelectorAll(".choosing tbody th a")];
    const row = document.activeElement.closest(".choosing tbody tr");
    const at = row ? links.indexOf(row.querySelector("th a")) + step : 0;
    links[Math.max(0, Math.min(at, links.length - 1))]?.focus();
  };

  const keys = {
    j: () => go(1),
    k: () => go(-1),
    x: () => document.activeElement.closest(".choosing tbody tr")?.querySelector("[name=device]").click(),
    a: () => table()?.elements.act.focus(),
    "?": () => document.querySelector("[data-shortcuts]")?.click(),
  };

  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
    if (event.ctrlKey || event.metaKey || event.altKey || typing || dialog.open) return;
    if (event.key === "Enter" && event.target.matches(".choosing [name=device]")) {
      event.preventDefault(); // would send the form
      event.target.closest("tr").querySelector("th a").click();
    } else if (Object.hasOwn(keys, event.key) && !areOff()) {
      event.preventDefault();
      keys[event.key]();
    }
  });
})();
