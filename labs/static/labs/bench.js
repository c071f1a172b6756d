// Runs checks without leaving the page: Ctrl-Enter all of them, with Shift one; Ctrl-S saves. `?` lists the keys.
// Without this file the same buttons submit the form and lead to the submission's page.
"use strict";
(() => {
  const form = document.getElementById("bench");
  const source = document.getElementById("source");
  const file = document.getElementById("file");
  const refused = document.getElementById("refused");
  const said = document.getElementById("run-said");
  const panel = () => document.getElementById("panel");
  let asking = 0;

  const point = (line) => source.dispatchEvent(new CustomEvent("bench:point", { detail: line }));
  const put = (html) => {
    panel().outerHTML = html;
    htmx.process(panel());
    const { top } = panel().getBoundingClientRect();
    if (top > innerHeight * 0.75) scrollBy(0, top - innerHeight * 0.5); // half for the code, half for what it did
  };
  const refuse = (html) => {
    refused.innerHTML = html;
    const line = refused.querySelector("a[href^='#line-']")?.hash.slice("#line-".length);
    point(Number(line));
  };
  const run = async (submitter) => {
    const text = source.value;
    panel().setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form, submitter), headers: { "HX-Request": "true" } });
      if (answer.redirected) return location.reload();
      const html = await answer.text();
      if (answer.ok || answer.status === 422) {
        const revision = answer.headers.get("X-Draft-Revision");
        source.dispatchEvent(new CustomEvent("bench:saved", { detail: { text, revision } }));
        refused.replaceChildren();
        point(0);
        return answer.ok ? put(html) : refuse(html);
      }
      throw new Error(String(answer.status));
    } catch {
      document.dispatchEvent(new Event("htmx:sendError")); // the page's own words for a request that did not arrive
    } finally {
      panel().removeAttribute("aria-busy");
    }
  };

  // In the capture phase: drafts.js hears of the submission afterwards, and that it stays on this page.
  document.addEventListener(
    "submit",
    (event) => {
      const button = event.submitter;
      if (event.target !== form || file.files.length || !(button?.name === "check" || button?.hasAttribute("data-run"))) return;
      event.preventDefault();
      run(button);
    },
    true,
  );

  const one = () => {
    const rows = [...panel().querySelectorAll("li[id^=check-]")];
    const row =
      rows.find((found) => found.contains(document.activeElement)) ||
      rows.find((found) => found.matches(".failed")) ||
      rows.find((found) => !found.matches(".passed"));
    return row?.querySelector("button[name=check]");
  };
  document.addEventListener(
    "keydown",
    (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
      const all = form.querySelector("button[data-run]");
      const button = { Enter: event.shiftKey ? one() : all, s: form.querySelector("button[name=by_hand]") }[event.key];
      if (!button) return;
      event.preventDefault();
      event.stopPropagation();
      button.click();
    },
    true,
  );

  // What a run ended with, said once where the page may be replaced and this may not.
  document.addEventListener("htmx:afterSettle", () => {
    const now = [...panel().querySelectorAll(".callout-title, [data-said]")].map((part) => part.textContent.trim()).join(". ");
    if (!panel().hasAttribute("sse-connect") && now !== said.textContent) said.textContent = now;
  });

  // Where the stream can't be had, the checks are asked for every two seconds instead.
  document.addEventListener("htmx:sseError", () => {
    const ask = () => {
      if (panel().hasAttribute("sse-connect")) htmx.ajax("GET", form.dataset.checks, { target: "#panel", swap: "outerHTML" });
      else asking = clearInterval(asking) || 0;
    };
    asking ||= setInterval(ask, 2000);
  });
  // What is told twice is shown once: after a break the stream repeats what came since the page was made.
  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    const { upto } = event.target.dataset;
    if (upto === undefined) return;
    if (Number(event.detail.lastEventId) <= Number(upto)) event.preventDefault();
    else event.target.dataset.upto = event.detail.lastEventId;
  });
  document.addEventListener("htmx:sseOpen", () => (asking = clearInterval(asking) || 0));
})();
