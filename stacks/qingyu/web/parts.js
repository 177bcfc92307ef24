// Makes elements; text is always text, never markup.

export function element(tag, properties = {}, ...children) {
  const { data, ...rest } = properties;
  const made = Object.assign(document.createElement(tag), rest);
  Object.assign(made.dataset, data ?? {});
  made.append(...children.filter((each) => each !== null && each !== undefined));
  return made;
}

export function field(label, input) {
  return element("label", { className: "field" }, element("span", { textContent: label }), input);
}

export function button(label, act, className = "") {
  return element("button", { type: "button", textContent: label, className, onclick: act });
}
