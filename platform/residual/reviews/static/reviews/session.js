// Comforts of a review on top of pages that work without this file: keys, and the next page without a reload.
"use strict";
(() => {
  const SHORTCUTS_OFF = "residual.shortcuts-off"; // the switch in the keyboard dialog of ui/app.js
  const review = () => document.getElementById("review");
  if (!review()) return;

  // --- pages swapped in place -----------------------------------------------------------------------------------------
  let ahead = null; // the page after "Continue", fetched while the verdict is read
  const load = async (url, options) => {
    const response = await fetch(url, { credentials: "same-origin", headers: { Accept: "text/html" }, ...options });
    if (!(response.headers.get("Content-Type") || "").startsWith("text/html")) throw new Error("not a page");
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!page.getElementById("review")) throw new Error("not a review");
    // A refused form is shown where it was: its own address answers no GET.
    return { url: response.redirected || !options?.method ? response.url : null, page };
  };
  const show = ({ url, page }) => {
    review().replaceWith(document.adoptNode(page.getElementById("review")));
    const [header, fresh] = [document.querySelector(".site-nav"), page.querySelector(".site-nav")];
    if (header && fresh) header.replaceWith(document.adoptNode(fresh));
    const [toasts, news] = [document.getElementById("toasts"), page.getElementById("toasts")];
    if (toasts && news) toasts.replaceWith(document.adoptNode(news));
    document.title = page.title;
    if (url) history.pushState(null, "", url);
    arrive();
  };
  const arrive = () => {
    const shown = document.querySelector("#answer-form input[name=shown]:not([data-keep])");
    if (shown) shown.value = String(Date.now());
    const verdict = document.getElementById("verdict");
    const field = document.querySelector("#answer-form [autofocus], #answer-form input.blank");
    (verdict || field || document.getElementById("question"))?.focus();
    window.scrollTo(0, 0);
    ahead = verdict && document.getElementById("continue") ? load(review().dataset.home) : null;
    ahead?.catch(() => {}); // the link is followed instead
    const poll = review().querySelector("[data-poll]");
    if (poll) setTimeout(() => poll.isConnected && follow(load(poll.href), () => location.reload()), 1000);
  };
  const follow = async (page, instead) => {
    try {
      show(await page);
    } catch {
      instead();
    }
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#continue, #reveal");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    const page = link.id === "continue" && ahead ? ahead : load(link.href);
    follow(page, () => location.assign(link.href));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.closest("#review")) return;
    event.preventDefault();
    if (form.dataset.sent) return; // a second press of the same button
    form.dataset.sent = "1";
    const body = new FormData(form);
    const button = event.submitter;
    if (button?.name) body.append(button.name, button.value);
    follow(load(form.action, { method: "POST", body: new URLSearchParams(body) }), () => {
      // The same form again, by the browser: its key makes a second arrival harmless.
      if (button?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
      form.submit();
    });
  });
  window.addEventListener("popstate", () => location.reload());

  // --- keys -----------------------------------------------------------------------------------------------------------
  const TEXT = "input:not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable=true], dialog";
  const NATIVE = "button, a, summary"; // Space and Enter already mean something there
  let afterG = false;
  const press = (key) => {
    const target = review()?.querySelector(`[data-key="${key}"]`);
    if (!target) return false;
    target.closest("details")?.setAttribute("open", "");
    target.click();
    if (target.matches("input")) target.focus();
    return true;
  };
  const explain = () => {
    const explanation = document.getElementById("explanation");
    if (explanation) explanation.open = !explanation.open;
    return Boolean(explanation);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.target.closest(TEXT)) return;
    if (localStorage.getItem(SHORTCUTS_OFF) === "1" || document.querySelector("dialog[open]")) return;
    const wasAfterG = afterG; // "g" begins a place of ui/app.js
    afterG = event.key === "g";
    if (wasAfterG) return;
    const key = event.key === " " ? "Enter" : event.key;
    if (key === "Enter" && event.target.closest(NATIVE)) return;
    if (event.key === " " && event.target.matches("input")) return; // Space ticks an option
    if (key === "e" ? explain() : press(key)) event.preventDefault();
  });

  // The keys of a review join the site's list, which "?" opens.
  const keys = document.querySelector("#review-keys dl");
  const list = document.querySelector("#keys dl");
  if (keys && list) list.append(...keys.cloneNode(true).children);

  arrive();
})();
