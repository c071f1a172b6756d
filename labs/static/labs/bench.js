// The bench's comforts: send with Ctrl-Enter, a brief as wide as one likes, and no typed word lost with the tab.
"use strict";
(() => {
  const form = document.getElementById("bench");
  const source = document.getElementById("source");
  let saved = source.value;

  form.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      form.requestSubmit();
    },
    true,
  );

  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt === source && event.detail.successful) saved = event.detail.requestConfig.parameters.source;
  });

  // The debounced save may still be waiting when the tab is closed.
  let leaving = false;
  form.addEventListener("submit", () => (leaving = true));
  addEventListener("pagehide", () => {
    if (leaving || source.value === saved) return;
    const body = new FormData();
    body.set("source", source.value);
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    navigator.sendBeacon(form.dataset.draft, body);
  });
})();
