// Comforts on top of pages that work without this file: theme, menus, tabs, dialogs, toasts, keys, time zone.
"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  const onClick = (selector, act) =>
    document.addEventListener("click", (event) => {
      const found = event.target.closest(selector);
      if (found) act(found, event);
    });

  const setTheme = (theme) => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
    root.dataset.theme = theme;
    for (const button of document.querySelectorAll("[data-set-theme]")) {
      button.setAttribute("aria-pressed", String(button.value === theme));
    }
  };
  onClick("[data-set-theme]", (button, event) => {
    event.preventDefault();
    setTheme(button.value);
  });

  // A menu closes on Escape, on a click elsewhere and when the focus leaves it.
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details.menu")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  onClick("[data-dismiss]", (button) => button.closest(".toast").remove());
  // A request of htmx that fails must not fail silently.
  const sayItFailed = () => {
    const toasts = document.getElementById("toasts");
    if (!toasts.querySelector(".toast.error")) toasts.append(document.getElementById("toast-failed").content.cloneNode(true));
  };
  for (const failure of ["htmx:responseError", "htmx:sendError"]) document.addEventListener(failure, sayItFailed);
  // Offline: said once, and a form is not sent into the void, which would take away what was typed.
  const offline = document.getElementById("offline");
  const tellConnection = () => (offline.hidden = navigator.onLine);
  for (const change of ["online", "offline"]) addEventListener(change, tellConnection);
  tellConnection();
  document.addEventListener("submit", (event) => {
    if (navigator.onLine || event.target.method === "dialog") return;
    event.preventDefault();
    event.stopImmediatePropagation();
    offline.hidden = false;
    sayItFailed();
  }, true);
  onClick("[data-open-dialog]", (button) => document.getElementById(button.dataset.openDialog).showModal());

  // Copying needs a secure origin; where there is none, the text is selected and Ctrl-C does the rest.
  onClick("[data-copy]", async (button) => {
    const code = button.parentElement.querySelector("pre");
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = button.dataset.copy;
    } catch {
      getSelection().selectAllChildren(code);
    }
  });

  // Tabs: plain titled sections become an ARIA tab list.
  const select = (tabs, index, focus) => {
    const buttons = [...tabs.querySelectorAll("[role=tab]")];
    const sections = [...tabs.querySelectorAll(":scope > section")];
    buttons.forEach((button, at) => {
      button.setAttribute("aria-selected", String(at === index));
      button.tabIndex = at === index ? 0 : -1;
      sections[at].hidden = at !== index;
    });
    if (focus) buttons[index].focus();
  };
  const makeTab = (tabs, section, index, count) => {
    const tab = document.createElement("button");
    tab.type = "button";
    tab.id = `${section.id}-tab`;
    tab.textContent = section.querySelector(".tab-title").textContent;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", section.id);
    section.setAttribute("role", "tabpanel");
    section.setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", () => select(tabs, index, false));
    tab.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) select(tabs, (index + step + count) % count, true);
    });
    return tab;
  };
  for (const tabs of document.querySelectorAll("[data-tabs]")) {
    const sections = [...tabs.querySelectorAll(":scope > section")];
    const list = document.createElement("div");
    list.setAttribute("role", "tablist");
    list.setAttribute("aria-label", tabs.dataset.tabs);
    sections.forEach((section, at) => list.append(makeTab(tabs, section, at, sections.length)));
    tabs.prepend(list);
    tabs.classList.add("is-live");
    select(tabs, 0, false);
  }

  // A formula too wide for the page scrolls, so the keyboard must reach it.
  const formulas = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.setAttribute("tabindex", "0");
      else target.removeAttribute("tabindex");
    }
  });
  const watchFormulas = (part) => part.querySelectorAll("math[display=block], .prose :is(p, li):has(> math)").forEach((math) => formulas.observe(math));
  watchFormulas(document);
  document.addEventListener("htmx:load", (event) => watchFormulas(event.detail.elt));

  // The browser knows the learner's time zone; the form only offers it.
  for (const field of document.querySelectorAll("select[data-guess-time-zone]")) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!zone) continue;
    if (![...field.options].some((option) => option.value === zone)) field.add(new Option(zone, zone));
    field.value = zone;
  }

  // Single-key shortcuts, which a learner can turn off (WCAG 2.1.4). "g" waits for a second letter.
  const SHORTCUTS_OFF = "residual.shortcuts-off";
  const places = {};
  for (const link of document.querySelectorAll("a[data-key]")) places[link.dataset.key] = link.href;
  const toggle = document.querySelector("[data-shortcuts]");
  if (toggle) {
    toggle.checked = localStorage.getItem(SHORTCUTS_OFF) !== "1";
    toggle.addEventListener("change", () => localStorage.setItem(SHORTCUTS_OFF, toggle.checked ? "0" : "1"));
  }
  const typing = (target) => target.closest("input, textarea, select, [contenteditable=true], .cm-editor, dialog");
  // A part of a page tells its own keys in a <dl data-page-keys>; they join the list that "?" opens.
  for (const own of document.querySelectorAll("dl[data-page-keys]")) {
    document.querySelector("#keys dl").append(...own.cloneNode(true).children);
  }
  let waiting = false;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (localStorage.getItem(SHORTCUTS_OFF) === "1") return;
    if (waiting && places[event.key]) location.assign(places[event.key]);
    waiting = event.key === "g";
    if (event.key === "?") document.getElementById("open-keys").click();
    if (event.key === "/") {
      event.preventDefault();
      const search = document.querySelector("input[type=search]");
      if (search) search.focus();
      else document.dispatchEvent(new Event("residual:open-palette"));
    }
  });
})();
