// Measures the contrast of every visible text of the page (WCAG 2.2, 1.4.3), as the browser has computed it.
() => {
  const channel = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * channel(r / 255) + 0.7152 * channel(g / 255) + 0.0722 * channel(b / 255);
  const ratio = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parse = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((part, place) => part * a + under[place] * (1 - a));
  const groundOf = (element) => {
    const layers = [];
    for (let node = element; node; node = node.parentElement)
      layers.push(parse(getComputedStyle(node).backgroundColor));
    return layers.reverse().reduce((under, layer) => over(layer, under), [255, 255, 255]);
  };
  // In a drawing the ground is the shape beneath: the box of a member, or the page.
  const shapeBelow = (element) => element.closest(".member")?.querySelector("rect");
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const element = text.parentElement;
    if (!text.data.trim() || element.closest("script, noscript, option, title, .hidden") || !element.checkVisibility())
      continue;
    const style = getComputedStyle(element);
    const isDrawn = element instanceof SVGElement;
    const shape = isDrawn ? shapeBelow(element) : null;
    const ground = shape ? over(parse(getComputedStyle(shape).fill), groundOf(element)) : groundOf(element);
    const ink = over(parse(isDrawn ? style.fill : style.color), ground);
    const size = parseFloat(style.fontSize);
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const contrast = ratio(ink, ground);
    found.push({
      text: text.data.trim().slice(0, 40),
      contrast: Math.round(contrast * 100) / 100,
      isEnough: contrast >= (isLarge ? 3 : 4.5),
    });
  }
  return found;
};
