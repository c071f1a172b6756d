// What is told twice is shown once: after a break the stream repeats what came since the page, or a piece of it, was made.
// Where the event stream can't be had (a proxy, an old browser), ask for the panel every two seconds instead.
"use strict";
(() => {
  const live = document.getElementById("live");
  const url = live.dataset.panel;
  let timer = 0;
  const stop = () => {
    clearInterval(timer);
    timer = 0;
  };
  const ask = () => {
    if (document.getElementById("panel").hasAttribute("hx-get")) {
      htmx.ajax("GET", url, { target: "#panel", swap: "outerHTML" });
    } else {
      stop();
    }
  };
  if (!url) return;
  live.addEventListener("htmx:sseBeforeMessage", (event) => {
    const upto = event.target.dataset.upto;
    if (upto === undefined) return;
    const number = Number(event.detail.lastEventId);
    if (number <= Number(upto)) event.preventDefault();
    else event.target.dataset.upto = number;
  });
  live.addEventListener("htmx:sseError", () => (timer ||= setInterval(ask, 2000)));
  live.addEventListener("htmx:sseOpen", stop);
})();
