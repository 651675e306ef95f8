"use strict";
// Everything works without this. It adds the reader's own time, a button that copies, and care with double clicks.

const language = document.documentElement.lang;
const region = navigator.language.startsWith(language.split("-")[0]) ? navigator.language : language;
const format = new Intl.DateTimeFormat(region, { dateStyle: "long", timeStyle: "short" });
for (const local of document.querySelectorAll("[data-local]")) {
  local.querySelector("b").textContent = format.format(new Date(local.dataset.local));
  local.hidden = false;
}

for (const form of document.querySelectorAll("form[data-once]")) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    // A second click would ask for what the first has just taken.
    if (sent) event.preventDefault();
    sent = true;
  });
}

const value = document.getElementById("value");
if (value) {
  const copy = document.getElementById("copy");
  const copied = document.getElementById("copied");
  // As it was sent: what is selected has other line ends.
  const exact = value.defaultValue;

  const byCommand = () => {
    const put = (event) => {
      event.clipboardData.setData("text/plain", exact);
      event.preventDefault();
    };
    document.addEventListener("copy", put, { once: true });
    value.select();
    const done = document.execCommand("copy");
    document.removeEventListener("copy", put);
    return done;
  };

  copy.hidden = false;
  copy.addEventListener("click", async () => {
    copied.textContent = "";
    let done;
    try {
      await navigator.clipboard.writeText(exact);
      done = true;
    } catch {
      // Browsers give no clipboard to pages without TLS, or it was refused.
      done = byCommand();
      copy.focus();
    }
    copied.textContent = done ? copied.dataset.done : copied.dataset.failed;
  });
}
