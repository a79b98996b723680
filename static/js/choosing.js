// A field that names somebody or something (templates/_choose.html) suggests while one types. Without this, or where the
// server does not answer, one types on: the server reads the text.
(() => {
  "use strict";

  const PAUSE = 150;
  const said = document.getElementById("said");
  let boxes = 0;

  const suggest = (input) => {
    const box = input.parentElement;
    const name = `choose-${(boxes += 1)}`;
    let list = null;
    let now = -1;
    let timer = 0;
    let asked = null;

    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");

    const close = () => {
      clearTimeout(timer);
      asked?.abort();
      list?.remove();
      list = null;
      now = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-controls");
      input.removeAttribute("aria-activedescendant");
    };

    const show = (html) => {
      close();
      input.insertAdjacentHTML("afterend", html);
      list = input.nextElementSibling;
      said.textContent = list.dataset.said;
      if (!list.children.length) return close();
      list.id = name;
      [...list.children].forEach((option, place) => (option.id = `${name}-${place}`));
      input.setAttribute("aria-expanded", "true");
      input.setAttribute("aria-controls", name);
    };

    const ask = async () => {
      asked = new AbortController();
      const address = `${box.dataset.choose}?q=${encodeURIComponent(input.value)}`;
      try {
        const answer = await fetch(address, { signal: asked.signal });
        if (answer.ok && !answer.redirected) show(await answer.text());
      } catch {
        // Typed on, or no answer.
      }
    };

    const mark = (place) => {
      list.children[now]?.removeAttribute("aria-selected");
      now = (place + list.children.length) % list.children.length;
      const option = list.children[now];
      option.setAttribute("aria-selected", "true");
      option.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", option.id);
    };

    const take = (option) => {
      input.value = option.dataset.text;
      close();
      input.dispatchEvent(new Event("change", { bubbles: true })); // a table that is filtered by it follows
    };

    input.addEventListener("input", () => {
      close();
      if (input.value.trim()) timer = setTimeout(ask, PAUSE);
    });

    input.addEventListener("keydown", (event) => {
      if (!list || event.isComposing) return;
      if (event.key === "ArrowDown") mark(now + 1);
      else if (event.key === "ArrowUp") mark(now < 0 ? -1 : now - 1);
      else if (event.key === "Enter" && now >= 0) take(list.children[now]);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
    });

    input.addEventListener("blur", close);
    // Before the field loses the focus.
    box.addEventListener("mousedown", (event) => {
      if (list?.contains(event.target)) event.preventDefault();
    });
    box.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) take(option);
    });
  };

  // Each once, however many of them have brought this script along.
  for (const input of document.querySelectorAll("[data-choose] > input:not([role])")) suggest(input);
})();
