// How wide the brief is and whether it is open: by mouse, touch or keyboard, kept in a cookie so that the next page
// comes from the server as it was left and nothing jumps.
"use strict";
(() => {
  const bench = document.getElementById("workbench");
  const brief = document.getElementById("brief");
  const bar = bench.querySelector("[role=separator]");
  const [least, most, step] = [Number(bar.ariaValueMin), Number(bar.ariaValueMax), 5];

  const remember = () => {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    const value = `${bench.dataset.split}-${brief.open ? "open" : "closed"}`;
    document.cookie = `bench=${value}; Path=/labs/; Max-Age=31536000; SameSite=Lax${secure}`;
  };
  const setWidth = (percent) => {
    const width = Math.min(most, Math.max(least, Math.round(percent / step) * step));
    bench.dataset.split = String(width);
    bar.setAttribute("aria-valuenow", String(width));
    remember();
  };

  const close = () => {
    brief.open = false;
    brief.querySelector("summary").focus();
    remember();
  };

  bar.addEventListener("keydown", (event) => {
    const now = Number(bench.dataset.split);
    const wanted = { ArrowLeft: now - step, ArrowRight: now + step, Home: least, End: most }[event.key];
    if (wanted !== undefined) setWidth(wanted);
    else if (event.key === "Enter") close();
    else return;
    event.preventDefault();
  });
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    const { left, width } = bench.getBoundingClientRect();
    const follow = (moved) => setWidth(((moved.clientX - left) / width) * 100);
    bar.addEventListener("pointermove", follow);
    bar.addEventListener("lostpointercapture", () => bar.removeEventListener("pointermove", follow), { once: true });
  });
  brief.addEventListener("toggle", remember);
})();
