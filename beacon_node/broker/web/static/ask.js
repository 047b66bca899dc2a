// Fills in a line per site as answers arrive. Without it the form is sent, and the page comes with all lines in it.
const form = document.getElementById("ask");
const answer = document.getElementById("answer");
const site = document.querySelector(".site").textContent;
let stream = null;

function parsed(html) {
  const made = document.createElement("template");
  made.innerHTML = html; // made by our own server, which escapes every text in it
  return made.content;
}

function show(html) {
  answer.replaceChildren(parsed(html));
}

function put(id, html) {
  const old = document.getElementById(id);
  if (!old) return;
  const isOpen = Boolean(old.querySelector("details[open]"));
  // Rows are parts of a table: they are only parsed as such inside one.
  const made = old.tagName === "TBODY" ? parsed(`<table>${html}</table>`).querySelector("tbody") : null;
  if (made) {
    if (isOpen) made.querySelector("details")?.setAttribute("open", "");
    old.replaceWith(made);
  } else {
    old.innerHTML = html;
  }
}

function questionOf(form) {
  const told = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && value.trim()) told.append(name, value.trim());
  }
  return told;
}

function ask(told) {
  stream?.close();
  answer.setAttribute("aria-busy", "true");
  stream = new EventSource(`/ask/rows?${told}`);
  const done = () => {
    stream.close();
    answer.removeAttribute("aria-busy");
  };
  stream.addEventListener("begin", (event) => show(JSON.parse(event.data).html));
  stream.addEventListener("member", (event) => {
    const { id, html } = JSON.parse(event.data);
    put(id, html);
  });
  stream.addEventListener("tally", (event) => put("tally", JSON.parse(event.data).html));
  stream.addEventListener("apply", (event) => put("apply", JSON.parse(event.data).html));
  stream.addEventListener("problem", (event) => {
    show(JSON.parse(event.data).html);
    done();
  });
  stream.addEventListener("done", done);
  stream.addEventListener("error", () => {
    done(); // asking again would cost again: the browser is not to do so by itself
    if (!answer.querySelector(".rows")) show('<p class="problem" role="alert">The broker cannot be reached. Ask again in a moment.</p>');
    else put("tally", "The connection broke off before every site had answered. Ask again to see the others.");
  });
}

form.addEventListener("submit", (event) => {
  const told = questionOf(form);
  if (!told.has("q") && !told.has("filter")) return;
  event.preventDefault();
  history.pushState(null, "", `/?${told}`);
  document.title = `${told.get("q") ?? told.get("filter")} · ${site}`;
  ask(told);
});

window.addEventListener("popstate", () => location.reload());
