// The button that prints; without script the browser's menu does.
document.querySelector("[data-print]")?.addEventListener("click", () => window.print());
