// A picture that is larger than its window opens at the node it is about.
const picture = document.querySelector(".nl-picture");
const root = picture && picture.querySelector(".nlp-root");
if (root) {
  const frame = picture.getBoundingClientRect();
  const place = root.getBoundingClientRect();
  picture.scrollLeft += place.left + place.width / 2 - frame.left - frame.width / 2;
  picture.scrollTop += place.top + place.height / 2 - frame.top - frame.height / 2;
}
