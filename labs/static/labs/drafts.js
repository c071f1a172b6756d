// Saves what is typed, at most every two seconds, and keeps it in this browser until the server has it. A tab that is
// behind another is told so; what it sends goes into the history. Without this file the button "Save draft" does it.
"use strict";
(() => {
  const AT_MOST_EVERY_MS = 2000;
  const RETRY_MS = 5000;
  const form = document.getElementById("bench");
  const source = document.getElementById("source");
  const state = document.getElementById("draft-state");
  const base = form.elements.base;
  const memory = form.dataset.memory;
  let saved = source.value;
  let timer = 0;
  let saving = null;

  const remember = () => {
    try {
      localStorage.setItem(memory, JSON.stringify({ source: source.value, base: base.value }));
    } catch {
      // Full or forbidden: then only the server keeps drafts, and the note says when it could not.
    }
  };
  const remembered = () => JSON.parse(localStorage.getItem(memory) || "null");
  // Another tab may have written there since: only what the server has is forgotten.
  const forget = (text) => remembered()?.source === text && localStorage.removeItem(memory);
  const body = (text, words) => {
    const data = new FormData();
    const fields = { source: text, base: base.value, csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value, ...words };
    for (const [name, value] of Object.entries(fields)) data.set(name, value);
    return data;
  };
  const say = (id) => state.replaceChildren(document.getElementById(id).content.cloneNode(true));
  const later = (after) => (timer ||= setTimeout(() => save(), after));

  const send = async (text, words) => {
    const answer = await fetch(form.dataset.draft, { method: "POST", body: body(text, words), headers: { "HX-Request": "true" } });
    if (answer.redirected || answer.status === 403) return say("not-saved-logged-out");
    if (!answer.ok && answer.status !== 409) {
      later(RETRY_MS);
      return say("not-saved-error");
    }
    state.innerHTML = await answer.text();
    saved = text;
    forget(text);
    if (answer.ok) base.value = answer.headers.get("X-Draft-Revision");
  };
  const save = async (words = {}) => {
    clearTimeout(timer);
    timer = 0;
    await saving;
    if (source.value === saved && !words.by_hand) return;
    saving = send(source.value, words).catch(() => {
      say("not-saved-offline");
      later(RETRY_MS);
    });
    await saving;
  };

  source.addEventListener("input", () => {
    remember();
    later(AT_MOST_EVERY_MS);
  });
  addEventListener("online", () => save());
  addEventListener("pageshow", (event) => event.persisted && save({ by_hand: "1" }));

  form.addEventListener("submit", (event) => {
    if (event.submitter?.name !== "by_hand") {
      leaving = !event.defaultPrevented;
      return;
    }
    event.preventDefault();
    save({ by_hand: "1" });
  });
  state.addEventListener("click", (event) => {
    const button = event.target.closest("[data-keep-mine]");
    if (!button) return;
    base.value = button.dataset.keepMine;
    save({ by_hand: "1" });
  });

  // Submitting in place saved it too.
  source.addEventListener("bench:saved", ({ detail }) => {
    saved = detail.text;
    base.value = detail.revision;
    forget(detail.text);
    save({ by_hand: "1" }); // nothing new for the server: it answers when the draft was saved
  });

  // The save may still be waiting when the tab is closed. What it says on a bad connection stays in this browser.
  let leaving = false;
  addEventListener("pagehide", () => {
    if (!leaving && source.value !== saved) navigator.sendBeacon(form.dataset.draft, body(source.value, {}));
  });

  // What was not saved last time comes back: as the draft, or set aside where the draft has moved on.
  const setAside = async (left) => {
    const shown = { source: source.value, base: base.value };
    base.value = left.base;
    const sent = send(left.source, { left: "1" });
    base.value = shown.base;
    await sent;
    saved = shown.source;
  };
  const left = remembered();
  if (left && left.source === source.value) forget(left.source);
  else if (left && left.base === base.value) {
    source.value = left.source;
    source.dispatchEvent(new CustomEvent("bench:replace", { detail: left.source }));
    save({ back: "1" });
  } else if (left) saving = setAside(left).catch(() => say("not-saved-offline"));
})();
