// What a search finds while somebody types: htmx brings it, and the arrow keys walk through it. Enter opens what is
// chosen, or else sends the form; Esc puts the list away. Without script the form is sent, and a page says the same.
(() => {
  "use strict";

  const field = document.querySelector("[data-finds]");
  if (!field) return;
  const found = document.getElementById(field.dataset.finds);
  const said = document.getElementById("said");

  const options = () => [...found.querySelectorAll("[role=option]")];
  const chosen = () => found.querySelector("[aria-selected=true]");

  const choose = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    field.removeAttribute("aria-activedescendant");
    if (!option) return;
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  };

  const show = (open) => {
    found.hidden = !open;
    field.setAttribute("aria-expanded", String(open && options().length > 0));
    if (!open) choose(null);
  };

  const list = "found-list";
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list })) {
    field.setAttribute(name, value);
  }
  show(false);

  found.addEventListener("htmx:afterSwap", () => {
    choose(null);
    show(found.childElementCount > 0 && document.activeElement === field);
    said.textContent = [".found__note", "[data-said]"]
      .map((part) => found.querySelector(part))
      .map((part) => part?.dataset.said || part?.textContent || "")
      .join(" ");
  });

  // What was chosen belongs to what was typed before.
  field.addEventListener("input", () => choose(null));

  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const all = options();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!all.length) return;
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      // Past either end stands the field itself, where nothing is chosen.
      const place = found.hidden ? (step > 0 ? 0 : all.length - 1) : all.indexOf(chosen()) + step;
      if (found.hidden) show(true);
      choose(place === -2 ? all.at(-1) : all[place]);
    } else if (event.key === "Enter" && chosen()) {
      event.preventDefault();
      chosen().click();
    } else if (event.key === "Escape" && !found.hidden) {
      event.preventDefault();
      show(false);
    }
  });

  field.addEventListener("focus", () => show(found.childElementCount > 0));
  field.form.addEventListener("focusout", (event) => {
    if (!field.form.contains(event.relatedTarget)) show(false);
  });
})();
