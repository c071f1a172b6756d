// The bench's keys: send with Ctrl-Enter, save with Ctrl-S. `?` lists them.
"use strict";
(() => {
  const form = document.getElementById("bench");
  const press = (name) => form.querySelector(`button[data-press=${name}]`).click();

  document.addEventListener(
    "keydown",
    (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const button = { Enter: "submit", s: "save" }[event.key];
      if (!button) return;
      event.preventDefault();
      event.stopPropagation();
      press(button);
    },
    true,
  );
})();
