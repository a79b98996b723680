// The little that plain HTML can't do. Every page works without it.
(() => {
  "use strict";

  const dialog = document.getElementById("dialog");
  const said = document.getElementById("said");

  // "/" goes to the search field, unless somebody is typing, or has turned such keys off (hardware.js).
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    if (dialog?.open || document.cookie.includes("shortcuts=off")) return;
    const field = document.querySelector("[data-search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });

  // Copy buttons are hidden in the markup, as they do nothing without script.
  const showCopyButtons = (root) => {
    for (const button of root.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  };

  const copy = async (text) => {
    if (navigator.clipboard) return navigator.clipboard.writeText(text);
    // Without HTTPS there is no clipboard object.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  };

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    await copy(button.dataset.copy);
    button.focus();
    button.classList.add("is-copied");
    if (said) said.textContent = button.dataset.copied;
    setTimeout(() => {
      button.classList.remove("is-copied");
      if (said) said.textContent = "";
    }, 2000);
  });

  // A form that changes something is sent once. The button is switched off a moment later, so that its name and
  // value still travel with the form; coming back by the browser's Back button switches it on again.
  const locked = (form, on) => {
    for (const button of form.elements) {
      if (button.type === "submit") button.disabled = on;
    }
    if (on) form.setAttribute("aria-busy", "true");
    else form.removeAttribute("aria-busy");
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.hasAttribute("aria-busy")) {
      event.preventDefault();
      return;
    }
    form.setAttribute("aria-busy", "true");
    setTimeout(() => locked(form, true));
    // What it leads to may be a download, which leaves the page where it is.
    if (form.hasAttribute("data-may-stay")) setTimeout(() => locked(form, false), 2000);
  });

  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[aria-busy]")) locked(form, false);
  });

  // Confirmation windows: htmx loads the fragment into <dialog>, which then opens. The browser traps the focus,
  // closes on Esc, and gives the focus back to the link.
  if (dialog) {
    dialog.addEventListener("htmx:afterSwap", (event) => {
      if (event.target !== dialog || dialog.open) return;
      if (dialog.querySelector("#dialog-title")) dialog.setAttribute("aria-labelledby", "dialog-title");
      dialog.showModal();
    });

    // A click beside the window closes it, but not a text that was selected and let go there.
    let pressed = null;
    dialog.addEventListener("pointerdown", (event) => {
      pressed = event.target;
    });
    dialog.addEventListener("click", (event) => {
      const cancel = event.target.closest("[data-close]");
      if (!cancel && !(event.target === dialog && pressed === dialog)) return;
      event.preventDefault();
      dialog.close();
    });

    dialog.addEventListener("close", () => dialog.replaceChildren());
  }

  // A table that follows says how much it shows, and whoever sorts or pages by keyboard stays where they were.
  const MOVES = ["thead a", ".pager a"];
  let moved = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const link = document.activeElement;
    const kind = event.detail.target.contains(link) && MOVES.find((kind) => link.matches(kind));
    moved = kind ? { kind, text: link.textContent } : null;
  });
  document.addEventListener("htmx:afterSettle", ({ target }) => {
    if (target.id !== "results") return;
    const told = target.querySelector(".pager p, .empty p");
    if (said && told) said.textContent = told.textContent;
    if (!moved) return;
    const links = [...target.querySelectorAll(moved.kind)];
    (links.find((link) => link.textContent === moved.text) || links[0])?.focus({ preventScroll: true });
    if (moved.kind === ".pager a") target.scrollIntoView({ block: "start" });
    moved = null;
  });

  // When an answer is an error or was redirected (a session that ended), the whole page goes there instead.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, requestConfig } = event.detail;
    const asked = new URL(requestConfig.path, location.href);
    const answered = new URL(xhr.responseURL || asked, location.href);
    if (asked.pathname === answered.pathname) return;
    event.detail.shouldSwap = false;
    location.assign(answered);
  });

  for (const failure of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(failure, (event) => {
      const { verb, finalRequestPath, path } = event.detail.requestConfig;
      if (event.target.matches("[data-search]")) return; // who types needn't hear of it: Enter will tell
      if (verb === "get") location.assign(event.detail.pathInfo?.finalRequestPath || finalRequestPath || path);
    });
  }

  document.addEventListener("htmx:load", (event) => showCopyButtons(event.target));
  showCopyButtons(document);
})();
