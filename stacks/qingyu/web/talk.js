// A conversation: what was said, and the answer as it is written.

import { said, talks } from "./api.js";
import { button, element } from "./parts.js";
import { told, words } from "./words.js";

export class Talk {
  constructor(id, changed) {
    this.id = id;
    this.changed = changed;
    this.task = "ask";
    this.stopping = null;
  }

  async opened() {
    const { messages } = await talks.one(this.id);
    this.list = element("div", { className: "messages" }, ...messages.map(shownMessage));
    return element("section", { className: "talk" }, this.list, this.composer());
  }

  composer() {
    const w = words();
    const text = element("textarea", { rows: 3, maxLength: 8000, ariaLabel: w.yourMessage, placeholder: w.askHint });
    const ways = ["ask", "draft"].map((way) => button(w[way], () => choose(way), "way"));
    const choose = (way) => {
      this.task = way;
      text.placeholder = w[`${way}Hint`];
      ways.forEach((each, n) => each.setAttribute("aria-pressed", String(["ask", "draft"][n] === way)));
    };
    choose(this.task);
    const send = element("button", { textContent: w.send, className: "main" });
    const stop = button(w.stop, () => this.stopping?.abort(), "stop");
    stop.hidden = true;
    const form = element("form", { className: "composer" },
      element("div", { className: "ways", role: "group" }, ...ways), text,
      element("div", { className: "actions" }, stop, send));
    text.onkeydown = (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        form.requestSubmit();
      }
    };
    form.onsubmit = async (event) => {
      event.preventDefault();
      const message = text.value.trim();
      if (!message || this.stopping) return;
      text.value = "";
      send.disabled = true;
      stop.hidden = false;
      await this.say(message);
      send.disabled = false;
      stop.hidden = true;
      text.focus();
    };
    return form;
  }

  async say(message) {
    const answer = new Answer();
    this.list.append(element("article", { className: "exchange" }, question(message, this.task), answer.element));
    answer.element.scrollIntoView({ block: "end" });
    this.stopping = new AbortController();
    try {
      for await (const [event, data] of said(this.id, message, this.task, this.stopping.signal)) {
        answer.hear(event, data);
      }
      if (!answer.ended) answer.broke(words().broken);
    } catch (error) {
      answer.broke(error.name === "AbortError" ? words().broken : told(error));
    }
    this.stopping = null;
    this.changed();
  }
}

class Answer {
  constructor() {
    this.text = element("p", { className: "said waiting", textContent: words().writing });
    this.element = element("div", { className: "answer", ariaLive: "polite" }, this.text);
    this.sources = [];
    this.whole = "";
    this.ended = false;
  }

  hear(event, data) {
    if (event === "sources") this.sources = data.sources;
    if (event === "token") {
      this.whole += data.text;
      this.text.className = "said";
      this.text.textContent = this.whole;
      this.element.scrollIntoView({ block: "end" });
    }
    if (event === "done") {
      this.ended = true;
      this.show({ text: this.whole, sources: this.sources, cited: data.cited, found: data.found, state: "complete" });
    }
    if (event === "error") this.broke(told(data));
  }

  show(answer) {
    this.text.className = "said";
    this.text.replaceChildren(...marked(answer.text));
    const named = answer.sources.filter((each) => answer.cited.includes(each.n));
    if (answer.found && named.length) this.element.append(shownSources(named));
    if (answer.state === "broken") this.broke(words().broken);
  }

  broke(why) {
    this.ended = true;
    this.text.classList.remove("waiting");
    if (!this.whole) this.text.textContent = this.text.textContent === words().writing ? "" : this.text.textContent;
    this.element.append(element("p", { className: "broken", role: "alert", textContent: why }));
  }
}

function shownMessage(message) {
  const answer = new Answer();
  if (message.answer) answer.show(message.answer);
  else answer.broke(words().broken);
  return element("article", { className: "exchange" }, question(message.text, message.task), answer.element);
}

function question(text, task) {
  return element("p", { className: "question" }, element("span", { className: "tag", textContent: words()[task] }), text);
}

// The numbers in an answer become marks that point at their source.
function marked(text) {
  return text.split(/(\[\d{1,3}\])/).map((part) => {
    const number = part.match(/^\[(\d{1,3})\]$/);
    return number ? element("sup", { textContent: number[1] }) : part;
  });
}

function shownSources(sources) {
  const items = sources.map((each) => element("li", { value: each.n },
    element("strong", { textContent: each.title }), element("q", { textContent: each.text })));
  return element("footer", {}, element("h3", { textContent: words().sources }), element("ol", {}, ...items));
}
